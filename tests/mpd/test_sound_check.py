"""The test tone is heard through MPD's outputs, and leaves queue, player and outputs as they were."""

import io
import os
import socket
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from moodpid.config import MpdConfig
from moodpid.library.names import mpd_name
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.listing import list_songs
from moodpid.mpd.protocol import CommandRefusedError
from moodpid.mpd.sound_check import play_tone
from moodpid.mpd.tone import served, tone
from tests.support.environment import require
from tests.support.servers import PrivateMpd

BROKEN = 'audio_output {\ntype "alsa"\nname "Card"\ndevice "hw:99"\n}\n'


def settings(mpd: PrivateMpd) -> MpdConfig:
    return MpdConfig(host=mpd.host, port=mpd.port)


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe, suppress(OSError):
        probe.bind(("::1", 0))
        return True
    return False


@pytest.fixture
def speakers(library: Path, tmp_path: Path) -> Iterator[tuple[PrivateMpd, Path]]:
    """A real MPD whose output is a file of raw samples."""
    require("mpd", "mpc")
    heard = tmp_path / "heard"
    mpd = PrivateMpd(library)
    with (mpd.folder / "mpd.conf").open("a") as file:
        file.write(f'audio_output {{\ntype "pipe"\nname "Speakers"\ncommand "cat >>{heard}"\n')
        file.write('format "44100:16:1"\n}\n')
    with mpd:
        mpd.mpc("disable", "1")
        yield mpd, heard


def test_the_tone_reaches_the_output_at_its_pitch(speakers: tuple[PrivateMpd, Path]) -> None:
    mpd, heard = speakers
    finding = play_tone(settings(mpd))
    assert finding.ok, finding.message
    assert "Speakers" in finding.message
    samples = np.frombuffer(heard.read_bytes(), np.int16).astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / 44_100)[spectrum.argmax()] == pytest.approx(440, abs=2)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_tone_is_fetched_over_ipv6_as_well(speakers: tuple[PrivateMpd, Path]) -> None:
    mpd, heard = speakers
    file = mpd.folder / "mpd.conf"
    mpd.stop()
    file.write_text(file.read_text() + 'bind_to_address "::1"\n')
    mpd.start()
    finding = play_tone(MpdConfig(host="::1", port=mpd.port))
    assert finding.ok, finding.message
    assert heard.stat().st_size


def test_the_tone_leaves_the_player_as_it_was(speakers: tuple[PrivateMpd, Path]) -> None:
    mpd, _ = speakers
    mpd.mpc("load", "Happy")
    mpd.mpc("play", "2")
    mpd.mpc("stop")
    before = [mpd.mpc(*words) for words in (["playlist"], ["status"], ["outputs"], ["volume"])]
    assert play_tone(settings(mpd)).ok
    assert [mpd.mpc(*words) for words in (["playlist"], ["status"], ["outputs"], ["volume"])] == before


def test_playing_music_is_not_interrupted(speakers: tuple[PrivateMpd, Path]) -> None:
    mpd, _ = speakers
    mpd.mpc("load", "Happy")
    mpd.mpc("play")
    finding = play_tone(settings(mpd))
    assert (finding.ok, "plays music" in finding.message) == (True, True)


def test_an_output_that_does_not_work_is_named(library: Path) -> None:
    require("mpd", "mpc")
    mpd = PrivateMpd(library)
    with (mpd.folder / "mpd.conf").open("a") as file:
        file.write(BROKEN)
    with mpd:
        mpd.mpc("disable", "1")
        finding = play_tone(settings(mpd))
        assert not finding.ok
        assert "Card" in finding.message
        assert "aplay -l" in finding.remedy
        assert "Card" in mpd.mpc("outputs")


def test_without_an_audible_output_there_is_nothing_to_test(mpd: PrivateMpd) -> None:
    finding = play_tone(settings(mpd))
    assert (finding.ok, "no output" in finding.message) == (False, True)


def test_an_mpd_that_is_away_is_reported() -> None:
    assert not play_tone(MpdConfig(host="127.0.0.1", port=1)).ok


def test_an_error_that_is_no_utf8_is_reported() -> None:
    require("mpd")
    mpd = PrivateMpd()
    song = mpd.music / os.fsdecode(b"M\xf6tley.wav")
    song.write_bytes(tone())
    with mpd, MpdConnection(settings(mpd)) as link:
        (listed,) = list_songs(link)
        added = link.add(mpd_name(listed.uri), None)
        song.unlink()
        with suppress(CommandRefusedError):
            link.play(added)
        finding = play_tone(settings(mpd))
    assert (finding.ok, finding.message) == (False, "MPD shows an error that is no UTF-8")


def test_what_is_served_is_a_wave_file() -> None:
    with served(tone()) as uri, urllib.request.urlopen(uri) as answer:  # noqa: S310 - our own server
        content = answer.read()
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 44_100, 44_100)
