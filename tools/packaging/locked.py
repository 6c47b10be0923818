"""Select from a lock file what one Python on one machine needs.

    python3 tools/packaging/locked.py LOCK PYTHON MACHINE NAME...

Prints the named requirements with their checksums, without their markers, for pip's --require-hashes.
pip itself takes markers for the Python that runs it, not for the one that it downloads for.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker


@dataclass(frozen=True, slots=True)
class Requirement:
    """One pinned package of a lock file.

    Attributes:
        name: As the package index has it.
        version: The only one that is taken.
        marker: Where it is needed (PEP 508); empty for everywhere.
        hashes: `sha256:…` of each of its files.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def applies(self, python: str, machine: str) -> bool:
        """Return whether a Python (such as 3.13) on a Linux machine (such as aarch64) needs it."""
        environment = {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_machine": machine,
            "platform_system": "Linux",
            "sys_platform": "linux",
            "implementation_name": "cpython",
        }
        return not self.marker or Marker(self.marker).evaluate(environment)

    def as_text(self) -> str:
        """Return the lines of a requirements file."""
        return " \\\n".join([f"{self.name}=={self.version}", *(f"    --hash={one}" for one in self.hashes)])


def read(text: str) -> Iterator[Requirement]:
    """Yield the requirements of a lock file as `uv pip compile --generate-hashes` writes it."""
    for line in text.replace("\\\n", " ").splitlines():
        if found := re.match(r"([\w.-]+)==([^\s;]+)\s*(?:;\s*(.*?))?\s*(--hash=.*)?$", line):
            hashes = tuple(re.findall(r"--hash=(\S+)", found[4] or ""))
            yield Requirement(found[1], found[2], found[3] or "", hashes)


def select(text: str, python: str, machine: str, names: list[str]) -> list[Requirement]:
    """Return the named requirements that apply.

    Raises:
        LookupError: One of them is not in the lock file, or not for this Python and machine.
    """
    found = {one.name: one for one in read(text) if one.applies(python, machine)}
    if missing := [name for name in names if name not in found]:
        raise LookupError(f"not locked for Python {python} on {machine}: {', '.join(missing)}")
    return [found[name] for name in names]


def main() -> int:
    """Print what was asked for; returns 1 with a line on stderr if it is not there."""
    lock, python, machine, *names = sys.argv[1:]
    try:
        for one in select(Path(lock).read_text(encoding="utf-8"), python, machine, names):
            print(one.as_text())
    except (OSError, LookupError) as error:
        print(f"locked: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
