"""Write the software bill of materials of a package, as CycloneDX 1.5.

    python3 tools/packaging/sbom.py PACKAGE.deb

Prints JSON: what the package bundles, from the lock file and from the package itself, and what it asks
of the system. The same package gives the same bytes.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from locked import Requirement, read

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
                    yield member.name, hashlib.file_digest(content, "sha256").hexdigest()


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
    """Print the document of the package that is named."""
    version = Path(__file__).parent / "version"
    epoch = subprocess.run([version, "epoch"], check=True, capture_output=True, text=True).stdout
    print(json.dumps(sbom(Path(sys.argv[1]), int(epoch)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
