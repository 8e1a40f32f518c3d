"""Who runs this program on this machine: what an entry says where nobody was logged in."""

import getpass
import os


def operating_system_user() -> str:
    """The operating system's name for whoever runs this; the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in the password file
        return f"uid {os.getuid()}"
