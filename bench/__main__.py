"""``make bench``: every module of this folder that measures, as a table and as bench/out/bench.json.

Bounds are ratios of two figures of the same run. Ends with 1 when one is missed.
"""

import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench.measure import Measurement

HERE = Path(__file__).parent
OUT = HERE / "out" / "bench.json"


def benches(wanted: list[str]) -> Iterator[str]:
    """The modules with a ``measure`` of their own, or those of them that were named."""
    for path in sorted(HERE.glob("*.py")):
        if "\ndef measure()" in path.read_text(encoding="utf-8") and (not wanted or path.stem in wanted):
            yield path.stem


def line(m: Measurement) -> str:
    """One row of the table."""
    kept = "" if m.met is None else "kept" if m.met else "MISSED"
    return f"  {m.name:<58} {m.value:>12,.2f}  {m.unit:<10} {m.bound or '':<8} {kept}".rstrip()


def main(wanted: list[str]) -> int:
    """Measure, print as it goes, write the JSON."""
    found: dict[str, list[Measurement]] = {}
    for name in benches(wanted):
        print(name, flush=True)
        found[name] = import_module(f"bench.{name}").measure()
        for measured in found[name]:
            print(line(measured), flush=True)
    OUT.parent.mkdir(exist_ok=True)
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "benches": {name: [asdict(m) for m in rows] for name, rows in found.items()},
    }
    OUT.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = [m.name for rows in found.values() for m in rows if m.met is False]
    print(f"{OUT}: {sum(map(len, found.values()))} figures, {len(missed)} bounds missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
