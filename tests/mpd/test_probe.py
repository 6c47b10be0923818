"""The doctor hears whether MPD is heard, and names the one command that mends it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from moodpid.config import MpdConfig, SongSource
from moodpid.mood.emotion import Mood
from moodpid.mpd.probe import _outputs, probe
from moodpid.mpd.protocol import Output
from moodpid.state import Finding
from tests.support.environment import require
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import until

PIPE = 'audio_output {\ntype "pipe"\nname "Speakers"\ncommand "cat >/dev/null"\n}\n'
BROKEN = 'audio_output {\ntype "alsa"\nname "Card"\ndevice "hw:99"\n}\n'


@contextmanager
def server(outputs: str = "", password: str = "") -> Iterator[PrivateMpd]:
    """A real MPD with a null output and these others."""
    require("mpd", "mpc")
    mpd = PrivateMpd(password=password)
    with (mpd.folder / "mpd.conf").open("a") as file:
        file.write(outputs)
    with mpd:
        yield mpd


def settings(mpd: PrivateMpd) -> MpdConfig:
    return MpdConfig(host=mpd.host, port=mpd.port)


def sound(mpd: PrivateMpd) -> list[Finding]:
    return [finding for finding in probe(settings(mpd)) if finding.subject == "sound"]


def test_an_output_that_is_heard_is_named() -> None:
    with server(PIPE) as mpd:
        (finding,) = sound(mpd)
        assert (finding.ok, finding.message) == (True, "Speakers (pipe)")


@pytest.mark.parametrize("enabled", [[], ["1"]])
def test_the_remedy_enables_an_audible_output(enabled: list[str]) -> None:
    with server(PIPE) as mpd:
        mpd.mpc("disable", "1", "2")
        if enabled:
            mpd.mpc("enable", *enabled)  # null
        (finding,) = sound(mpd)
        assert not finding.ok
        assert "nobody hears anything" in finding.message
        subprocess.run(finding.remedy.split(), check=True, capture_output=True, timeout=30)
        assert sound(mpd)[0].ok


def test_an_mpd_with_only_null_outputs_needs_another() -> None:
    with server() as mpd:
        (finding,) = sound(mpd)
        assert (finding.ok, "audio_output" in finding.remedy) == (False, True)


def test_a_volume_of_nothing_is_named() -> None:
    with server(PIPE) as mpd:
        mpd.mpc("volume", "0")
        (_, finding) = sound(mpd)
        assert not finding.ok
        subprocess.run(finding.remedy.split(), check=True, capture_output=True, timeout=30)
        assert len(sound(mpd)) == 1


def test_mpd_s_own_fault_is_passed_on(mpd: PrivateMpd) -> None:
    # Only with a song does MPD open a card
    with (mpd.folder / "mpd.conf").open("a") as file:
        file.write(BROKEN)
    mpd.stop()
    mpd.start()
    mpd.mpc("disable", "1")
    mpd.mpc("load", "Happy")
    mpd.mpc("play", check=False)
    until(lambda: "ERROR" in mpd.mpc("status", check=False))  # another thread of MPD's opens it
    fault = next(finding for finding in sound(mpd) if "fault" in finding.message)
    assert "Card" in fault.message
    assert fault.remedy == "aplay -l"


def test_where_mpd_is_elsewhere_the_command_says_so() -> None:
    (finding,) = probe(MpdConfig(host="127.0.0.2", port=1))
    assert finding.remedy.startswith("mpc -h 127.0.0.2 -p 1 status")


def test_a_missing_local_mpd_is_started() -> None:
    (finding,) = probe(MpdConfig(host="localhost", port=1))
    assert finding.remedy.startswith("sudo systemctl enable --now mpd")


def test_lists_are_counted_and_one_that_is_missing_is_named(mpd: PrivateMpd) -> None:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("Happy", "Hapy")}
    good, happy, wrong, _ = probe(MpdConfig(host=mpd.host, port=mpd.port, playlists=lists))
    assert (good.ok, happy.ok, wrong.ok) == (True, True, False)
    assert happy.message == "3 songs"
    assert "Hapy" in wrong.subject
    assert "mpc" in wrong.remedy
    assert "save" in wrong.remedy


@pytest.mark.parametrize("expression", ['(genre = "Pop")', '(genre == "No such")'])
def test_a_filter_that_finds_nothing_is_to_be_corrected(mpd: PrivateMpd, expression: str) -> None:
    player = MpdConfig(host=mpd.host, port=mpd.port, playlists={Mood.HAPPY: (SongSource(filter=expression),)})
    wrong = probe(player)[1]
    assert not wrong.ok
    assert wrong.remedy.startswith("correct the filter")


def test_jack_that_nobody_asked_for_is_no_sound() -> None:
    found = Output(0, "default detected output", "jack", enabled=True)
    finding = _outputs((found,), MpdConfig())
    assert (finding.ok, "JACK" in finding.message, "audio_output" in finding.remedy) == (False, True, True)
    assert _outputs((Output(0, "Studio", "jack", enabled=True),), MpdConfig()).ok


def test_an_mpd_that_is_gone_is_named(mpd: PrivateMpd) -> None:
    mpd.stop()
    (gone,) = probe(settings(mpd))
    assert "Connection refused" in gone.message


def test_a_list_most_of_whose_songs_are_gone_is_counted(mpd: PrivateMpd) -> None:
    songs = (mpd.playlists / "Happy.m3u").read_text()
    (mpd.playlists / "Moved.m3u").write_text(songs + "".join(f"gone/{n}.ogg\n" for n in range(9)))
    (mpd.playlists / "Away.m3u").write_text("/home/me/a.ogg\ngone/b.ogg\n")
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("Moved", "Away")}
    _, moved, away, *_ = probe(MpdConfig(host=mpd.host, port=mpd.port, playlists=lists))
    assert (moved.ok, moved.message) == (False, "12 songs; 9 of 12 songs are not in MPD's library")
    assert (away.ok, "cannot add any of the 2 songs" in away.message) == (False, True)
    assert "update" in moved.remedy


def test_a_list_that_ends_the_connection_costs_no_other(mpd: PrivateMpd) -> None:
    if mpd.version >= (0, 24):
        pytest.skip("MPD 0.24 sends a list in parts")
    with (mpd.folder / "mpd.conf").open("a") as file:
        file.write('max_output_buffer_size "64"\n')
    mpd.stop()
    mpd.start()
    (mpd.playlists / "Large.m3u").write_text("".join(f"folder/{'x' * 100}{n}.ogg\n" for n in range(9000)))
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("Large", "Happy")}
    _, large, happy, *_ = probe(MpdConfig(host=mpd.host, port=mpd.port, playlists=lists))
    assert "max_output_buffer_size" in large.message
    assert "max_output_buffer_size" in large.remedy
    assert happy.ok


def test_an_empty_queue_is_not_offered_for_saving(mpd: PrivateMpd) -> None:
    mpd.mpc("clear")
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("New",)}
    player = MpdConfig(host=mpd.host, port=mpd.port, playlists=lists)
    subprocess.run(probe(player)[1].remedy, shell=True, check=True, capture_output=True, timeout=60)  # noqa: S602
    assert probe(player)[1].ok
