"""A song whose source sends no more in the middle: its queue stays as it is until it goes on."""

import math
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.connection import MpdConnection
from tests.support.reconciler_harness import reconciler
from tests.support.scripted_server import scripted
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import DEADLINE_S, playing, queue, until

HANGS = "no sound leaves it"
_FRAME = bytes.fromhex("fffb9064").ljust(417, b"\0")  # of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz
_FIRST, _FRAMES = 150, 4600  # four seconds of two minutes
_STANDS_S = 1.0  # MPD counts the seconds far more often


@dataclass
class HangingSong:
    """A song at an address that stops after some seconds, until `goes_on` is set."""

    address: str = ""
    goes_on: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def song(mpd: PrivateMpd) -> Iterator[HangingSong]:
    """The one song of the stored playlist "Hanging"."""
    song = HangingSong()
    length = len(_FRAME) * _FRAMES
    header = f"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {length}\r\n\r\n"

    def serve(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(header.encode() + _FRAME * _FIRST)
        song.goes_on.wait(DEADLINE_S)
        client.sendall(_FRAME * (_FRAMES - _FIRST))

    with scripted(serve) as at:
        song.address = f"http://{at.host}:{at.port}/"
        (mpd.playlists / "Hanging.m3u").write_text(f"{song.address}\n")
        yield song
        song.goes_on.set()


class Elapsed:
    """Sees whether the song that plays stands still.

    MPD may lock up while its song hangs and commands follow each other at once: to be called now and then.
    """

    def __init__(self, link: MpdConnection) -> None:
        self._link = link
        self._elapsed_s, self._since_s = 0.0, math.inf

    def stands(self) -> bool:
        """Return whether the song gave some sound, and none for a while."""
        elapsed_s = self._link.status().elapsed_s
        if elapsed_s != self._elapsed_s:
            self._elapsed_s, self._since_s = elapsed_s, time.monotonic()
        return time.monotonic() - self._since_s > _STANDS_S


def test_the_queue_is_left_alone_while_a_song_hangs(mpd: PrivateMpd, song: HangingSong) -> None:
    playlists = {Mood.HAPPY: ("Hanging",), Mood.SAD: ("Sad",)}
    with reconciler(mpd, change=TransitionMode.NOW, autoplay=True, playlists=playlists) as ours:
        ours.look(Mood.HAPPY)
        elapsed, before = Elapsed(ours.link), queue(mpd)
        until(elapsed.stands)
        ours.wait(31, Mood.HAPPY)
        assert HANGS in ours.wait(31, Mood.SAD).message
        assert (playing(mpd), queue(mpd)) == (song.address, before)
        song.goes_on.set()
        until(lambda: not elapsed.stands())
        assert not ours.wait(5, Mood.SAD).message
        assert playing(mpd).startswith("sad/")
