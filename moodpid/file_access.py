"""Who may read a file: this user, and the user of the installed service; and the command that lets them."""

import errno
import os
import pwd
import shlex
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from moodpid.errors import FileAccessError

SERVICE_USER: Final = "moodpid"  # user and group of the service, as systemd/moodpid.service has them
CONFIG_FOLDER: Final = Path("/etc/moodpid")
AS_SERVICE: Final = f"run the command with sudo -u {SERVICE_USER}"
_ACL = "system.posix_acl_access"  # acl(5): then the mode is not all


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine.

    Attributes:
        name: The login name.
        uid: Its number.
        groups: The numbers of its groups.
    """

    name: str
    uid: int
    groups: frozenset[int]


def service_account() -> Account | None:
    """Return the user of the installed service, None where there is none."""
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None
    return Account(SERVICE_USER, entry.pw_uid, frozenset(os.getgrouplist(SERVICE_USER, entry.pw_gid)))


def closed_part(path: Path, account: Account) -> Path | None:
    """Return what keeps a user from reading a file or folder, by owner, group and mode.

    Returns:
        The file, or the folder above it that the user may not enter. None if the user may read it, or if this
        process cannot find out.
    """
    if account.uid == 0:
        return None
    there, real = path.absolute(), Path(os.path.realpath(path))
    for part in dict.fromkeys((*reversed(there.parents), *reversed(real.parents), real)):
        try:
            status = part.stat()
            if _ACL in os.listxattr(part):
                continue
        except OSError:
            return None
        enter = stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0
        wanted = enter | (stat.S_IROTH if part == real else 0)
        if _granted(status, account) & wanted != wanted:
            return part
    return None


def _granted(status: os.stat_result, account: Account) -> int:
    """Return the bits of the mode that count for the user, moved to where those of the others stand."""
    if status.st_uid == account.uid:
        return status.st_mode >> 6
    return status.st_mode >> 3 if status.st_gid in account.groups else status.st_mode


def command_to_open(closed: Path, path: Path, account: Account, *, secret: bool) -> str:
    """Return the command that lets a user read a file.

    Args:
        closed: The `closed_part` of the file.
        path: The file.
        account: The user.
        secret: Other users must not read it.
    """
    name = shlex.quote(str(closed))
    if closed == CONFIG_FOLDER:
        return f"sudo chmod 755 {name}"
    if closed != Path(os.path.realpath(path)):
        # That folder may be closed for a reason, such as the home folder of root
        return _command_to_move(path, account)
    if not secret:
        return f"sudo chmod {'a+rx' if closed.is_dir() else 'a+r'} {name}"
    if account.name == SERVICE_USER:
        mode = "750" if closed.is_dir() else "640"
        return f"sudo chgrp {SERVICE_USER} {name} && sudo chmod {mode} {name}"
    return f"sudo chown {account.name} {name}"


def _command_to_move(path: Path, account: Account) -> str:
    """Return what brings a file to where a user may read it; no file that is there is replaced by it."""
    file, target = shlex.quote(str(path)), CONFIG_FOLDER / path.name
    if account.name != SERVICE_USER:
        return f"copy {file} to a folder of the user {account.name}, and name that one"
    if path.parent == CONFIG_FOLDER and path.suffix == ".toml":  # a link, and the service reads no other file
        return command_to_copy(path)
    # False where this user may not look, unlike those of `Path`
    taken = os.path.isdir(path) or os.path.exists(target)  # noqa: PTH110, PTH112
    if taken or path.suffix in {".toml", ".json", ".tflite"}:
        others = ", and the files that belong to it," if path.suffix in {".json", ".tflite"} else ""
        return f"copy {file}{others} to a folder that the user {SERVICE_USER} may read, and name that one"
    install = f"sudo install -m 640 -g {SERVICE_USER} {file} {CONFIG_FOLDER}"
    return f"{install}, and name {shlex.quote(str(target))} instead"


def command_to_copy(link: Path) -> str:
    """Return the command that puts a file in the place of a link to it, for every user to read."""
    real, file = shlex.quote(os.path.realpath(link)), shlex.quote(str(link))
    return f"put a copy there: sudo cp --remove-destination --no-preserve=mode {real} {file}"


def denied(path: Path, fault: str, *, secret: bool) -> FileAccessError:
    """Return the error for a file that this user may not read, with the command that changes it.

    Args:
        path: The file.
        fault: What cannot be done, without the reason.
        secret: Other users must not read it.
    """
    service = service_account()
    reader = service or _this_user()
    closed = closed_part(path, reader)
    if closed or reader.uid == os.geteuid():
        real = Path(os.path.realpath(path))
        remedy = command_to_open(closed or real, path, reader, secret=secret)
    else:
        remedy = AS_SERVICE
    return FileAccessError(f"{fault}: {os.strerror(errno.EACCES)}", remedy)


def _this_user() -> Account:
    uid = os.geteuid()
    name = str(uid)
    with suppress(KeyError):
        name = pwd.getpwuid(uid).pw_name
    return Account(name, uid, frozenset((*os.getgroups(), os.getegid())))
