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

SERVICE: Final = "moodpid"  # user and group of the service, as systemd/moodpid.service has them
CONFIG_FOLDER: Final = Path("/etc/moodpid")
AS_SERVICE: Final = f"run the command with sudo -u {SERVICE}"
_ACL = "system.posix_acl_access"  # acl(5): then the mode is not all


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine.

    Attributes:
        name: Of the user.
        uid: The number.
        groups: The numbers of all groups that the user is in.
    """

    name: str
    uid: int
    groups: frozenset[int]


def service_account() -> Account | None:
    """Return the user of the installed service, None where there is none."""
    try:
        entry = pwd.getpwnam(SERVICE)
    except KeyError:
        return None
    return Account(SERVICE, entry.pw_uid, frozenset(os.getgrouplist(SERVICE, entry.pw_gid)))


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
            facts = part.stat()
            if _ACL in os.listxattr(part):
                continue
        except OSError:
            return None
        enter = stat.S_IXOTH if stat.S_ISDIR(facts.st_mode) else 0
        wanted = enter | (stat.S_IROTH if part == real else 0)
        if _granted(facts, account) & wanted != wanted:
            return part
    return None


def _granted(facts: os.stat_result, account: Account) -> int:
    """Return the bits of the mode that count for the user, moved to where those of the others stand."""
    if facts.st_uid == account.uid:
        return facts.st_mode >> 6
    return facts.st_mode >> 3 if facts.st_gid in account.groups else facts.st_mode


def command_to_open(closed: Path, path: Path, account: Account, *, secret: bool) -> str:
    """Return the command that lets a user read a file.

    Args:
        closed: The `closed_part` of the file.
        path: The file.
        account: The user.
        secret: Other users must not read it.
    """
    name, file = shlex.quote(str(closed)), shlex.quote(str(path))
    if closed == CONFIG_FOLDER:
        return f"sudo chmod 755 {name}"
    if closed != Path(os.path.realpath(path)):
        # That folder may be closed for a reason, such as the home folder of root
        into = f"sudo install -m 640 -g {SERVICE} {file} {CONFIG_FOLDER}, and name that one"
        return into if account.name == SERVICE else f"copy {file} to a folder of the user {account.name}"
    if not secret:
        return f"sudo chmod {'a+rx' if closed.is_dir() else 'a+r'} {name}"
    if account.name == SERVICE:
        return f"sudo chgrp {SERVICE} {name} && sudo chmod 640 {name}"
    return f"sudo chown {account.name} {name}"


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
        remedy = command_to_open(closed or path, path, reader, secret=secret)
    else:
        remedy = AS_SERVICE
    return FileAccessError(f"{fault}: {os.strerror(errno.EACCES)}", remedy)


def _this_user() -> Account:
    uid = os.geteuid()
    name = str(uid)
    with suppress(KeyError):
        name = pwd.getpwuid(uid).pw_name
    return Account(name, uid, frozenset((*os.getgroups(), os.getegid())))
