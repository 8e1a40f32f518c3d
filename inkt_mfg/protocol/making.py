"""The tables of a protocol file about making a batch: what is written down, materials, steps, second persons.

This is the master batch record. ``workflow`` takes its steps in this order and its forms from these entries; the
views say from them what is due. References between the tables are checked by ``rules``.
"""

from enum import StrEnum

from inkt_mfg.protocol.values import (
    ActivityConcentration,
    Cited,
    Code,
    KindName,
    MassConcentration,
    Sentence,
    Table,
    WholeNumber,
    YesNo,
)


class Operation(StrEnum):
    """What a step does: the command that records it."""

    RECEIVE = "receive"
    SEPARATE = "separate"
    SEED = "seed"
    FEED = "feed"
    SPLIT = "split"
    COUNT = "count"
    RESTIMULATE = "restimulate"
    SAMPLE = "sample"
    HARVEST = "harvest"
    WASH = "wash"
    FORMULATE = "formulate"


class Entry(Table):
    """One thing a step writes down. A critical one needs a second person, a scan or a file before dose or release."""

    code: Code
    title: Sentence
    kind: KindName
    critical: YesNo


class Material(Cited):
    """A material a step uses; its amount, lot and expiry are recorded at the step."""

    code: Code
    title: Sentence
    final_concentration: MassConcentration | None = None
    final_activity: ActivityConcentration | None = None


class Step(Cited):
    """One step of the batch record. ``after``: at least one of these must have been done before it.

    ``earliest_day`` and ``latest_day`` count from seeding; ``required`` steps must be done before the batch can be
    submitted; a step that is not ``repeatable`` is done once.
    """

    code: Code
    title: Sentence
    operation: Operation
    earliest_day: WholeNumber
    latest_day: WholeNumber
    after: tuple[Code, ...]
    required: YesNo
    repeatable: YesNo
    entries: tuple[Code, ...]
    materials: tuple[Code, ...]


class Act(StrEnum):
    """What a second person is asked for."""

    BODY_MEASUREMENT = "body_measurement"
    IDENTITY_CHECK = "identity_check"
    COUNT = "count"
    VOLUME = "volume"
    TEST_RESULT = "test_result"


class Check(StrEnum):
    """How a second person, or something as good, confirms it."""

    BLIND_READING = "blind_reading"  # reads the source again without seeing the first value
    VERIFICATION = "verification"  # compares the entry with its source
    SCAN_OR_FILE = "scan_or_file"  # a barcode or an instrument file stands for the second person


class SecondPerson(Cited):
    """One act with the checks that satisfy it."""

    act: Act
    by: tuple[Check, ...]
