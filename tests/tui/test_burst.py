"""A real terminal and a scanner at full speed: two scans back to back never mix, however fast they come."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

FORMS = 40
START = 20.0  # seconds a busy machine may take


def scans(n: int) -> tuple[str, str, str]:
    return f"IKT1.I.SITE.{n:04d}.END", f"YA01-YA-{n:03d}-K", f"H{n:07d}"


@pytest.mark.slow
def test_scans_back_to_back_at_full_speed_land_each_in_its_own_field(tmp_path):
    result = tmp_path / "forms.jsonl"
    burst = "".join(f"]d1{a}\r]C0{b}\r{c}\r" for a, b, c in map(scans, range(FORMS))).encode()
    terminal, slave = pty.openpty()
    stand = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("scanner_stand.py")), str(result)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        start_new_session=True,
    )
    try:
        wait_for(terminal, result.exists)
        feed(terminal, burst)
        wait_for(terminal, lambda: len(result.read_text().splitlines()) >= FORMS)
    finally:
        stand.kill()
        stand.wait()
        os.close(terminal)
        os.close(slave)
    written = [json.loads(line) for line in result.read_text().splitlines()]
    assert written == [dict(zip(("first", "second", "third"), scans(n), strict=True)) for n in range(FORMS)]


def feed(terminal: int, burst: bytes) -> None:
    """As fast as the terminal takes it, reading what the application draws so that neither blocks the other."""
    while burst:
        readable, writable, _ = select.select([terminal], [terminal], [], 1)
        if readable:
            os.read(terminal, 65536)
        if writable:
            burst = burst[os.write(terminal, burst[:512]) :]


def wait_for(terminal: int, holds) -> None:
    until = time.monotonic() + START
    while not holds():
        assert time.monotonic() < until, "the application never got there"
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)
