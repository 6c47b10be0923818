"""The demo as a person starts it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from moodpid.errors import ExitCode
from tests.support.environment import require

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the demo makes its temporary files: pytest's own folder is too long a path for a Unix socket."""
    require("mpd", "mpc", "mosquitto")
    # Of a demo that was killed, parts may still write as they end
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def demo(place: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo on the bundled recording; it ends before the test's time limit, which would hide its lines."""
    with _start(place, "--source", "recording", "--seconds", "200") as process:
        yield process
        process.kill()


def _start(place: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools"), "TMPDIR": str(place)}
    command = [sys.executable, "-m", "demo.run", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _line_with(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if match := re.search(pattern, line):
            return match
    pytest.fail(f"no line with {pattern!r}, exit code {process.wait(10)}:\n{said}")


@pytest.mark.e2e
def test_the_room_s_mood_makes_its_playlist_play(demo: subprocess.Popen[str]) -> None:
    broker = _line_with(demo, r"mosquitto_sub -p (\d+) -t 'moodpid/#'")[1]
    player = _line_with(demo, r"mpc -p (\d+)")[1]
    title = _line_with(demo, r'happy .* plays "(.+)" from songs that sound happy')[1]
    song = subprocess.run(
        ["mpc", "-p", player, "current", "-f", "%title%"],
        check=True, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    mood = subprocess.run(
        ["mosquitto_sub", "-p", broker, "-t", "moodpid/demo/mood", "-C", "1", "-W", "10"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert song.stdout.strip() == title
    assert '"happy"' in mood.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_somebody_ends_it(
    demo: subprocess.Popen[str], place: Path, how: signal.Signals
) -> None:
    _line_with(demo, "nobody")
    children = _descendants(demo.pid)
    demo.send_signal(how)
    assert demo.wait(60) == 0
    assert len(children) >= 3
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(place.iterdir())


@pytest.mark.e2e
def test_it_ends_with_a_word_when_its_broker_does(demo: subprocess.Popen[str], place: Path) -> None:
    _line_with(demo, "nobody")
    children = _descendants(demo.pid)
    for pid in children:
        if _name(pid) == "mosquitto":
            os.kill(pid, signal.SIGKILL)
    _line_with(demo, "demo: its broker has gone: .+")
    assert demo.wait(60) == ExitCode.SOME_FAILED
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(place.iterdir())


@pytest.mark.e2e
def test_it_ends_by_itself_after_the_seconds_asked_for(place: Path) -> None:
    with _start(place, "--source", "recording", "--seconds", "2") as process:
        out, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    assert "waiting for the first look" in out
    assert not list(place.iterdir())


@pytest.mark.e2e
@pytest.mark.parametrize(
    "arguments", [["--seconds", "-1"], ["--seconds", "soon"], ["--camera"], ["--source", "tv"]]
)
def test_a_wrong_argument_is_said_before_anything_starts(place: Path, arguments: list[str]) -> None:
    with _start(place, *arguments) as process:
        words, _ = process.communicate(timeout=60)
    assert process.returncode == ExitCode.USAGE
    assert len(words.splitlines()) == 1
    assert words.startswith("tools/run: ")
    assert arguments[-1] in words


@pytest.mark.e2e
def test_it_ends_quietly_and_leaves_nothing_when_nobody_reads_on(place: Path) -> None:
    with _start(place, "--source", "recording") as process:
        assert process.stdout
        process.stdout.readline()
        children = _descendants(process.pid)
        process.stdout.close()
        assert process.wait(200) == ExitCode.PIPE
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(place.iterdir())


@pytest.mark.e2e
@pytest.mark.parametrize("wanted", ["picamera2", "webcam"])
def test_a_missing_camera_is_reported_before_anything_starts(place: Path, wanted: str) -> None:
    if any(Path("/dev").glob("video*")):
        pytest.skip("there may be a camera here")
    with _start(place, "--source", wanted, "--seconds", "5") as process:
        words, _ = process.communicate(timeout=600)
    assert process.returncode == ExitCode.CAMERA
    assert len(words.splitlines()) == 1
    assert words.startswith(f"demo: --source {wanted}: ")


def _descendants(pid: int) -> set[int]:
    """All processes below `pid`."""
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    found, above = set[int](), {pid}
    while above := {child for child, parent in parents.items() if parent in above}:
        found |= above
    return found


def _name(pid: int) -> str:
    """The program's name; empty if it has just ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _parent(stat: Path) -> int:
    """The parent's process id, after the name in brackets and the state (proc(5)); 0 if it has just ended."""
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.mark.e2e
def test_the_page_address_comes_first_and_the_browser_opens_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = place / "opened"
    browser = place / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with _start(place, "--source", "recording", "--open") as process:
        assert process.stdout
        address = process.stdout.readline().removeprefix("The page is at ").strip()
        until_s = time.monotonic() + 30
        while not opened.exists():
            assert time.monotonic() < until_s, "the browser was not opened"
            time.sleep(0.05)
        with urllib.request.urlopen(f"{address}api/about", timeout=30) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["name"] == "Demo"
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert opened.read_text().strip() == address


@pytest.mark.e2e
def test_two_demos_at_once_have_a_page_each(place: Path) -> None:
    pages = set()
    with ExitStack() as stack:
        demos = [stack.enter_context(_start(place, "--source", "recording")) for _ in range(2)]
        for demo in demos:
            stack.callback(demo.kill)
        for demo in demos:
            pages.add(_line_with(demo, r"The page is at (\S+)")[1])
        for demo in demos:
            _line_with(demo, "nobody")
    assert len(pages) == 2
