"""Output that cannot be written ends a command quietly, or in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodpid.errors import ExitCode
from tests.support.config_text import GOOD
from tests.support.rooms import FACES


def buffered() -> dict[str, str]:
    """The environment, with Python's output buffered as people have it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def to_nobody(words: list[str], stderr: int | None = None) -> subprocess.CompletedProcess[str]:
    """`moodpid` with its output into a pipe that nobody reads; its errors too, unless they go elsewhere."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-m", "moodpid", *words],
            stdout=writer, stderr=stderr or writer, text=True, check=False, timeout=30, env=buffered(),
        )  # fmt: skip
    finally:
        os.close(writer)


def run_in_process(
    verb: str, config: Path, stderr: Path, *, close_stderr: bool = False, encoding: str = "utf-8"
) -> int:
    """Run a verb in a process of its own, as a shell without a UTF-8 locale or with `2>&-` would."""
    with stderr.open("wb") as file:
        return subprocess.run(
            [sys.executable, "-P", "-m", "moodpid", verb, "--config", str(config)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=file,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            preexec_fn=(lambda: os.close(2)) if close_stderr else None,
            timeout=60,
        ).returncode


@pytest.mark.parametrize("arguments", [["check"], ["replay", "--json"], ["--help"], ["check", "--help"]])
def test_output_that_nobody_reads_ends_it_quietly(config: Path, arguments: list[str]) -> None:
    named = [] if "--help" in arguments else ["--config", str(config)]
    done = to_nobody([*arguments, *named], subprocess.PIPE)
    assert done.returncode == ExitCode.PIPE
    # ai-edge-litert says hello
    assert not [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]


def test_faults_that_nobody_reads_end_it_quietly(config: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n" + GOOD)
    assert to_nobody(["check", "--config", str(config)]).returncode == ExitCode.PIPE


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["replay"],
        ["replay", "--json"],
        ["classify", str(FACES / "happy.png")],
        ["doctor"],
        ["check", "--help"],
    ],
)
def test_output_that_finds_no_room_is_reported_in_one_line(config: Path, arguments: list[str]) -> None:
    config.write_text("[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    named = [] if "--help" in arguments else ["--config", str(config)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "moodpid", *arguments, *named],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30, env=buffered(),
        )  # fmt: skip
    assert done.returncode == ExitCode.SOME_FAILED
    reported = [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]
    assert reported == ["moodpid: the output cannot be written: No space left on device"]


def test_complaints_that_find_no_room_end_it_all_the_same(config: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n")
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "moodpid", "check", "--config", str(config)]
        done = subprocess.run(words, stdout=full, stderr=full, check=False, timeout=30, env=buffered())
    assert done.returncode == ExitCode.SOME_FAILED


def test_a_closed_standard_error_changes_no_exit_code(config: Path, tmp_path: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n")
    assert run_in_process("check", config, tmp_path / "err", close_stderr=True) == ExitCode.CONFIG
    assert run_in_process("run", config, tmp_path / "err", close_stderr=True) == ExitCode.CONFIG


def test_closed_standard_streams_are_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -P -m moodpid setup --config {tmp_path}/m.toml --player - --broker - <&- >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode in (ExitCode.OK, ExitCode.SOME_FAILED), done.stderr
    assert (tmp_path / "m.toml").exists()


def test_a_terminal_without_utf_8_shows_escapes(config: Path, tmp_path: Path) -> None:
    config.write_text('[player.playlists]\n"日本" = ["Happy"]\n', encoding="utf-8")
    assert run_in_process("check", config, tmp_path / "err", encoding="ascii") == ExitCode.CONFIG
    assert rb"\u65e5\u672c" in (tmp_path / "err").read_bytes()
