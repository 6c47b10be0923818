"""A package takes the locked versions of its own Python and machine, whatever runs the build."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.rooms import REPOSITORY

LOCK = """\
numpy==1.26.4 ; python_full_version < '3.12' \\
    --hash=sha256:aa
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:dd
msgspec==0.22.0 \\
    --hash=sha256:ee
"""


@pytest.fixture(scope="module")
def parts() -> ModuleType:
    # By its path: its folder has the name of a library
    spec = importlib.util.spec_from_file_location("moodpid_parts", REPOSITORY / "tools/packaging/parts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("python", "version"), [("3.11", "1.26.4"), ("3.13", "2.5.5")])
def test_the_python_of_the_system_decides(parts: ModuleType, python: str, version: str) -> None:
    (numpy,) = parts.select(LOCK, python, "aarch64", ["numpy"])
    assert numpy.version == version


def test_a_requirement_keeps_its_checksums_and_loses_its_marker(parts: ModuleType) -> None:
    (numpy,) = parts.select(LOCK, "3.13", "aarch64", ["numpy"])
    assert numpy.as_text() == "numpy==2.5.5 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc"


def test_what_is_not_locked_for_a_system_is_named(parts: ModuleType) -> None:
    with pytest.raises(LookupError, match="colorama"):
        parts.select(LOCK, "3.13", "aarch64", ["msgspec", "colorama"])


def test_the_systems_have_all_that_a_package_bundles(parts: ModuleType) -> None:
    text = (REPOSITORY / "tools/packaging/lock/run.txt").read_text()
    common = ["opencv-python-headless", "msgspec", "paho-mqtt", "python-mpd2"]
    for python, interpreter in (("3.11", "tflite-runtime"), ("3.13", "ai-edge-litert")):
        for machine in ("x86_64", "aarch64"):
            assert len(parts.select(text, python, machine, [*common, interpreter])) == 5


def test_what_the_system_must_have_is_listed_once(parts: ModuleType) -> None:
    depends = "python3 (>= 3.13~), python3 (<< 3.14~), libblas3 | libblas.so.3, libc6"
    names = [component["name"] for component in parts.required(depends)]
    assert names == ["libblas3", "libc6", "python3"]


def test_each_bundled_package_has_a_licence(parts: ModuleType) -> None:
    assert set(parts.FOLDERS.values()) == set(parts.LICENSES)
    assert Path(parts.LOCK).exists()
