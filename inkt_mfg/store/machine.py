"""Who runs this program on this machine: what an entry says where nobody was logged in."""

import getpass
import os

from inkt_mfg.refusal import visible


def operating_system_user() -> str:
    """The operating system's name for whoever runs this; the number where there is no name."""
    try:
        return visible(getpass.getuser())  # an environment variable may hold anything
    except (KeyError, OSError):  # a container's user without an entry in the password file
        return f"uid {os.getuid()}"
