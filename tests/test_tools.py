"""Each tool that README.md names says what it is for, at once and without doing it."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.commands import output

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.mark.parametrize(
    "name",
    [
        "run",
        "test",
        "install",
        "packaging/build",
        "setup.sh",
        "packaging/lock/update",
        "packaging/audit",
        "packaging/version",
        "packaging/memory",
        "packaging/repository",
        "pi/test",
        "release",
        "homeassistant/install",
    ],
)
@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_a_script_shows_its_usage_and_does_nothing(name: str, asked: str) -> None:
    reported = output(TOOLS / name, asked)
    assert f"tools/{name}" in reported
    assert len(reported.splitlines()) <= 9
    assert "#" not in reported


@pytest.mark.parametrize(
    "name",
    [
        "install",
        "packaging/build",
        "packaging/version",
        "packaging/repository",
        "release",
        "setup.sh",
        "packaging/lock/update",
        "packaging/audit",
        "homeassistant/install",
    ],
)
def test_a_script_reports_an_unknown_option_in_one_line(name: str) -> None:
    assert "--help" in output(TOOLS / name, "--helpp", code=64)


def test_the_build_names_what_packages_of_a_system_end_with() -> None:
    assert output(TOOLS / "packaging" / "build", "--system", "13", "--suffix") == "deb13\n"


def test_the_containerised_pis_are_of_the_systems_that_there_are() -> None:
    reported = output(TOOLS / "pi" / "test", code=64, MOODPID_PI_SUITES="trixie forky")
    assert reported == "test: there are trixie and bookworm, not forky; see tools/pi/test --help\n"


def test_only_root_tries_containerised_pis(tmp_path: Path) -> None:
    somebody = tmp_path / "id"
    somebody.write_text("#!/bin/sh\necho 1000\n")
    somebody.chmod(0o755)
    reported = output(TOOLS / "pi" / "test", code=1, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert reported == "test: only root may make and boot these systems: sudo tools/pi/test\n"


@pytest.mark.parametrize(
    "path",
    [
        "benchmarks/footprint.py",
        "benchmarks/on_a_pi.py",
        "benchmarks/mood_filter.py",
        "benchmarks/devices.py",
        "benchmarks/swarm.py",
        "homeassistant/screenshots.py",
        "benchmarks/music_scenario.py",
        "benchmarks/music_cost.py",
        "demo/average_faces.py",
        "demo/picture.py",
    ],
)
def test_a_tool_in_python_shows_its_usage(path: str) -> None:
    assert "usage: " in output(sys.executable, TOOLS / path, "--help")


@pytest.mark.parametrize("text", ["", "no faces", None])
def test_a_benchmark_without_its_faces_says_so_in_a_line(tmp_path: Path, text: str | None) -> None:
    data = tmp_path / "faces.npz"
    if text is not None:
        data.write_text(text)
    (line,) = output(sys.executable, TOOLS / "benchmarks/mood_filter.py", "--data", data, code=1).splitlines()
    assert line.startswith(f"mood_filter: {data} is no .npz of faces: ")
