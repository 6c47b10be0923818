"""Stations that accept the connection and never answer: nobody is locked out of MPD."""

import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.fade import Fader
from moodpid.mpd.playback import play
from moodpid.mpd.protocol import CommandRefusedError, MpdGoneError
from moodpid.system.json_file import JsonFile
from tests.support.fake_connection import FakeConnection
from tests.support.fake_mpd import FakeMpd
from tests.support.music_room import Room
from tests.support.reconciler_harness import reconciler
from tests.support.scripted_server import scripted
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import playing

SILENT = "the stream gives no sound"


@pytest.fixture
def station(mpd: PrivateMpd) -> Iterator[str]:
    """The address of a dead station, in the stored playlist "Dead"."""

    def serve(client: socket.socket) -> None:
        while client.recv(4096):
            pass  # until MPD hangs up

    with scripted(serve) as at:
        address = f"http://{at.host}:{at.port}/"
        (mpd.playlists / "Dead.m3u").write_text(f"{address}\n")
        yield address


def test_a_jump_to_a_dead_station_locks_nobody_out(mpd: PrivateMpd, station: str) -> None:
    playlists = {Mood.HAPPY: ("Happy",), Mood.SAD: ("Dead",)}
    with reconciler(mpd, change=TransitionMode.NOW, autoplay=True, playlists=playlists) as ours:
        ours.look(Mood.HAPPY)
        mpd.mpc("volume", "80")
        assert playing(mpd).startswith("happy/")
        ours.look(Mood.SAD)
        assert playing(mpd) == station
        assert "80%" in mpd.mpc("volume")
        assert ours.wait(6, Mood.SAD).message == SILENT
        ours.look(Mood.HAPPY)
        assert playing(mpd).startswith("happy/")


@pytest.mark.usefixtures("station")
def test_an_only_station_is_retried_ever_more_seldom(mpd: PrivateMpd) -> None:
    with reconciler(mpd, autoplay=True, playlists={Mood.HAPPY: ("Dead",)}) as ours:
        ours.look(Mood.HAPPY)
        tries = [ours.link.status().song_id]
        for seconds in (31, 31, 30, 61, 60, 151, 150, 151, 150):
            assert ours.wait(seconds, Mood.HAPPY).message == SILENT
            tries.append(ours.link.status().song_id)
        changed = [before != after for before, after in pairwise(tries)]
        assert changed == [True, False, True, False, True, False, True, False, True]


def test_a_skip_to_a_dead_station_locks_nobody_out(mpd: PrivateMpd, station: str) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("insert", station)
    with reconciler(mpd, playlists={Mood.SAD: ("Sad",)}) as ours:
        ours.look(Mood.HAPPY)
        ours.reconciler.skip(ours.link)
        assert playing(mpd) == station
        assert not ours.look(Mood.HAPPY).message


def dead_room(file: JsonFile | None = None) -> Room:
    """A room in which a song of ours plays, and the list has only a dead station by now."""
    room = Room(TransitionMode.NOW, autoplay=False, file=file)
    room.mpd.song_s, room.mpd.silent = 1e9, {"http:"}
    room.mpd.playlists = {**room.mpd.playlists, "Sad": ["http://dead/"]}
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.wait(2)
    assert room.mpd.playing().startswith("happy/")
    return room


class LostConnection(FakeConnection):
    """A connection that is lost before the next song is played."""

    def play(self, song_id: int) -> None:
        raise MpdGoneError(f"lost before playid {song_id}")


@pytest.mark.parametrize("restarted", [False, True])
def test_music_goes_on_after_our_stop_whatever_is_lost(restarted: bool, file: JsonFile) -> None:
    room = dead_room(file=file)
    link, room.mpd.link = room.mpd.link, LostConnection(room.mpd)
    with pytest.raises(MpdGoneError):
        room.look(Mood.SAD)
    room.mpd.link = link
    assert room.mpd.state == "stop"
    assert room.mpd.options.volume == 80
    if restarted:
        room.restart()
    else:
        room.reconciler.on_connect(link)
    room.wait(5, Mood.SAD)
    assert room.mpd.playing() == "http://dead/"


def test_a_user_s_stop_at_a_dead_station_counts() -> None:
    room = dead_room()
    room.mpd.known_s = None
    assert room.wait(40, Mood.SAD).message == SILENT
    assert room.mpd.playing() == "http://dead/"
    room.mpd.stop()
    assert "stopped by a user" in room.wait(100, Mood.SAD).message
    assert room.mpd.state == "stop"


def test_a_station_taken_out_during_the_fade_stops_nothing() -> None:
    room = dead_room()
    before, stopped = room.mpd.playing(), []
    station = room.mpd.link.add("http://dead/", None)

    def take_out(_: float) -> bool:
        stations = [pos for pos, song in enumerate(room.mpd.queue) if song.id == station]
        if stations and room.mpd.options.volume < 40:
            room.mpd.remove(stations[0])
        return False

    faded = room.mpd.link.queue_song(room.mpd.link.status().song_id or 0)
    with pytest.raises(CommandRefusedError):
        play(room.mpd.link, Fader(take_out), station, faded=faded, on_stop=lambda: stopped.append(True))
    assert stopped == []
    assert (room.mpd.state, room.mpd.playing(), room.mpd.options.volume) == ("play", before, 80)


def test_another_address_is_tried_before_the_same_one() -> None:
    room = dead_room()
    room.mpd.known_s = None
    room.mpd.playlists = {**room.mpd.playlists, "Sad": ["http://dead/", "sad/station"]}
    room.wait(2, Mood.SAD)
    while room.mpd.playing() != "http://dead/":
        room.mpd.next()
        room.wait(1, Mood.SAD)
    room.wait(35, Mood.SAD)
    assert room.mpd.playing() == "sad/station"


def test_a_song_skipped_for_a_station_is_remembered_as_skipped() -> None:
    room = Room()
    room.mpd = FakeMpd({"Happy": ["happy/0", "http://dead/"]}, silent={"http:"})
    room.restart()
    room.wait(2)
    while room.mpd.playing() != "happy/0":
        room.mpd.next()
        room.wait(2)
    room.reconciler.skip(room.mpd.link)
    assert room.mpd.playing() == "http://dead/"
    room.look()
    assert room.mpd.stickers["happy/0"]["skipCount"] == "1"


def test_only_a_station_is_played_after_a_stop() -> None:
    room = Room(TransitionMode.NOW)
    room.wait(5)
    room.wait(5, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")
    assert "stop" not in {command for command, *_ in room.mpd.sent}


def test_a_start_at_a_dead_station_needs_no_stop() -> None:
    room = Room()
    room.mpd = FakeMpd({"Happy": ["http://dead/"]}, silent={"http:"})
    room.restart()
    room.wait(5)
    assert room.mpd.playing() == "http://dead/"
    assert "stop" not in {command for command, *_ in room.mpd.sent}
