"""Users of this machine for tests of permissions: an installed service's, and one with no rights."""

import importlib
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OTHER = 65534  # nobody, whom no file of the tests belongs to


def install_service(patch: pytest.MonkeyPatch, uid: int = OTHER) -> None:
    """Let there be a user moodpid."""
    entry = pwd.struct_passwd(("moodpid", "x", uid, OTHER, "", "/var/lib/moodpid", "/bin/false"))
    patch.setattr(pwd, "getpwnam", lambda _name: entry)
    patch.setattr(os, "getgrouplist", lambda _name, gid: [gid])


def remove_service(patch: pytest.MonkeyPatch) -> None:
    """Let there be no user moodpid."""

    def unknown(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    patch.setattr(pwd, "getpwnam", unknown)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that every user may enter, other than pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


@contextmanager
def without_rights() -> Iterator[None]:
    """Act as a user whom a file of mode 0 is closed to, as it is not to root."""
    if os.geteuid():
        yield
        return
    os.seteuid(OTHER)
    try:
        yield
    finally:
        os.seteuid(0)
        importlib.invalidate_caches()  # of folders that root alone may list
