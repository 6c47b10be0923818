"""An output of a real MPD that opens and then fails, or takes no samples."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mpd import planner, silence
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.protocol import PlayState
from moodpid.state import PlayerState, PlayerStatus
from tests.mpd.faulty_output import FaultyOutput
from tests.support.environment import require
from tests.support.scripted_server import scripted
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import DEADLINE_S, starter, until


@pytest.fixture
def output(library: Path) -> Iterator[FaultyOutput]:
    """The one output that is enabled of a real MPD."""
    require("mpd", "mpc")
    output = FaultyOutput(PrivateMpd(library))
    with output.mpd:
        output.mpd.mpc("disable", "1")
        yield output
        output.works()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds of silence are enough."""
    for module in (planner, silence):
        monkeypatch.setattr(module, "SILENT_S", 2.0)


def cannot_play(state: PlayerState) -> bool:
    return "MPD cannot play" in state.message


def hangs(state: PlayerState) -> bool:
    return state.status is PlayerStatus.PLAY and "no sound leaves it" in state.message


def plays(state: PlayerState) -> bool:
    return state.status is PlayerStatus.PLAY and not state.message


def test_an_output_that_dies_is_no_user_s_pause(
    output: FaultyOutput, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid.mpd")
    with starter(output.mpd) as start:
        worker = start(autoplay=True)
        worker.request(Mood.HAPPY)
        worker.until(plays)
        output.mpd.mpc("seek", "1:00")
        output.dies()
        worker.until(cannot_play)
        worker.until(plays)
        worker.until(cannot_play)
        assert "MPD plays again" not in caplog.text
        output.works()
        worker.until(plays)
        until(lambda: "MPD plays again" in caplog.text)


def test_an_error_is_cleared_before_a_pause_ends(output: FaultyOutput) -> None:
    output.mpd.mpc("load", "Happy")
    output.mpd.mpc("play")
    with MpdConnection(MpdConfig(host=output.mpd.host, port=output.mpd.port)) as link:
        output.dies()
        until(lambda: link.status().state is PlayState.PAUSE)
        assert link.status().error
        output.works()
        link.resume()
        assert (link.status().state, link.status().error) == (PlayState.PLAY, "")


@pytest.mark.usefixtures("impatient")
def test_an_output_that_takes_nothing_is_reported_until_it_does(output: FaultyOutput) -> None:
    with starter(output.mpd) as start:
        output.hangs()
        worker = start(autoplay=True)
        worker.request(Mood.HAPPY)
        worker.until(hangs)
        output.works()
        worker.until(plays)
        output.hangs()
        worker.until(hangs)
        output.works()
        worker.until(plays)


@pytest.mark.usefixtures("impatient")
def test_a_station_that_opens_late_is_no_hanging_output(output: FaultyOutput) -> None:
    opened = threading.Event()

    def station(client: socket.socket) -> None:
        client.recv(4096)
        opened.wait(DEADLINE_S)
        with next(output.mpd.music.glob("happy/*.wav")).open("rb") as song:
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-wav\r\n\r\n" + song.read(2**20))

    with scripted(station) as at, starter(output.mpd) as start:
        output.mpd.mpc("add", f"http://{at.host}:{at.port}/")
        output.mpd.mpc("play")
        worker = start()
        worker.until(lambda state: state.message == "the stream gives no sound")
        assert not any(map(hangs, worker.states))
        opened.set()
        worker.until(plays)
