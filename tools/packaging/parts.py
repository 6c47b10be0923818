"""What a package consists of: the libraries that are bundled, and the bill of materials.

    python3 tools/packaging/parts.py select PYTHON MACHINE NAME...
    python3 tools/packaging/parts.py sbom PACKAGE.deb EPOCH

`select` prints the named requirements of the lock file with their checksums, for pip's --require-hashes.
It leaves out their markers: pip evaluates them for the Python that runs it, not for the one that it
downloads for. `sbom` prints CycloneDX 1.5: what the package bundles, from the lock file and the package
itself, and what it needs of the system. The same package gives the same bytes.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from packaging.markers import Marker

LOCK: Final = Path(__file__).parent / "lock" / "run.txt"
LICENSES: Final = {
    "ai-edge-litert": "Apache-2.0",
    "msgspec": "BSD-3-Clause",
    "opencv-python-headless": "Apache-2.0",
    "paho-mqtt": "EPL-2.0 OR BSD-3-Clause",
    "python-mpd2": "LGPL-3.0-or-later",
    "tflite-runtime": "Apache-2.0",
}
# The folder below /usr/lib/moodpid that each package of the lock file fills
FOLDERS: Final = {
    "ai_edge_litert": "ai-edge-litert",
    "msgspec": "msgspec",
    "cv2": "opencv-python-headless",
    "paho": "paho-mqtt",
    "mpd": "python-mpd2",
    "tflite_runtime": "tflite-runtime",
}
_ROOT = "./usr/lib/moodpid/"
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


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


def field(package: Path, name: str) -> str:
    """Return a field of a package's control file, empty if it has none."""
    command = ["dpkg-deb", "--field", str(package), name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def files(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the SHA-256 of each file in the package, in its order."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile() and (content := archive.extractfile(member)):
                    yield member.name, hashlib.sha256(content.read()).hexdigest()


def bundled(names: list[str], python: str, machine: str) -> Iterator[dict[str, Any]]:
    """Yield a component for each package of the lock file whose folder the package has."""
    folders = {name.removeprefix(_ROOT).split("/")[0] for name in names if name.startswith(_ROOT)}
    wanted = {FOLDERS[folder] for folder in folders if folder in FOLDERS}
    for one in read(LOCK.read_text(encoding="utf-8")):
        if one.name in wanted and one.applies(python, machine):
            yield _python_component(one)


def _python_component(one: Requirement) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{one.name}@{one.version}",
        "name": one.name,
        "version": one.version,
        "purl": f"pkg:pypi/{one.name}@{one.version}",
        "licenses": [{"expression": LICENSES[one.name]}],
    }


def loose_files(digests: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a component for each shared library of OpenCV's wheel and each model."""
    for name, digest in digests.items():
        short = name.removeprefix(_ROOT)
        if re.match(r"opencv_python_headless\.libs/|moodpid/data/.*\.(tflite|npz)$|cv2/data/.*\.xml$", short):
            kind = "machine-learning-model" if short.endswith((".tflite", ".npz", ".xml")) else "library"
            yield {
                "type": kind,
                "bom-ref": f"file:{short}",
                "name": short.rsplit("/", 1)[-1],
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }


def required(depends: str) -> Iterator[dict[str, Any]]:
    """Yield a component for each package that the system has to have, by the first of its alternatives."""
    for part in sorted({part.split("|")[0].strip() for part in depends.split(",")}):
        name, *version = part.split(" ", 1)
        if not version or "<<" not in version[0]:
            yield {
                "type": "library",
                "bom-ref": f"pkg:deb/debian/{name}",
                "name": name,
                "purl": f"pkg:deb/debian/{name}",
                "scope": "required",
                **({"description": f"of the system, {version[0].strip('()')}"} if version else {}),
            }


def sbom(package: Path, epoch: int) -> dict[str, Any]:
    """Return the whole document.

    Args:
        package: The .deb.
        epoch: The time of its commit, in seconds since 1970.
    """
    digests = dict(files(package))
    depends, architecture = field(package, "Depends"), field(package, "Architecture")
    python = re.search(r"python3 \(>= (\d+\.\d+)", depends)
    assert python, depends
    identity = hashlib.sha256(package.read_bytes()).hexdigest()
    version = field(package, "Version")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, identity)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(),
            "component": {
                "type": "application",
                "bom-ref": f"pkg:deb/moodpid@{version}?arch={architecture}",
                "name": "moodpid",
                "version": version,
                "purl": f"pkg:deb/moodpid@{version}?arch={architecture}",
                "hashes": [{"alg": "SHA-256", "content": identity}],
            },
        },
        "components": [
            *bundled(list(digests), python[1], _MACHINES[architecture]),
            *loose_files(digests),
            *required(depends),
        ],
    }


def main() -> int:
    """Print what is asked for; returns 1 with a line on stderr if it is not locked, 64 for wrong usage."""
    match sys.argv[1:]:
        case ["select", python, machine, *names]:
            try:
                for one in select(LOCK.read_text(encoding="utf-8"), python, machine, names):
                    print(one.as_text())
            except LookupError as error:
                print(f"parts: {error}", file=sys.stderr)
                return 1
        case ["sbom", package, epoch]:
            print(json.dumps(sbom(Path(package), int(epoch)), indent=2))
        case _:
            print((__doc__ or "").strip(), file=sys.stderr)
            return 64
    return 0


if __name__ == "__main__":
    sys.exit(main())
