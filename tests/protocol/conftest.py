"""Both protocols as text, and a way to spoil a text and see what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inkt_mfg.protocol import Fault, Protocol, load
from inkt_mfg.refusal import Refusal

WEIGHT_BASED = Path(__file__).with_name("demo_weight_based.toml")


@pytest.fixture(scope="session")
def trial() -> Protocol:
    """NCT04011033 as it comes with the program."""
    return load("nct04011033")


@pytest.fixture(scope="session")
def weight_based() -> Protocol:
    """The second protocol, which differs in everything a program might have assumed."""
    return Protocol.read(WEIGHT_BASED.read_text(encoding="utf-8"), WEIGHT_BASED.name)


@pytest.fixture
def faults_when(trial: Protocol) -> Callable[[str, str], list[Fault]]:
    """The faults found after replacing one passage of the trial's text, which must be there once or more."""

    def spoil(passage: str, replacement: str) -> list[Fault]:
        assert passage in trial.text, f"{passage!r} is no longer in the file this test spoils"
        spoiled = trial.text.replace(passage, replacement, 1)
        with pytest.raises(Refusal) as refused:
            Protocol.read(spoiled, "spoiled.toml")
        faults = [blocker for blocker in refused.value.blockers if isinstance(blocker, Fault)]
        assert len(faults) == len(refused.value.blockers)
        return faults

    return spoil
