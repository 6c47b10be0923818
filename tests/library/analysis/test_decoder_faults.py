"""What the disk, the share or the decoder's own faults make of a song: a program of ours plays ffmpeg."""

import subprocess
from pathlib import Path

import pytest

from moodpid.library.analysis.decode import decode
from moodpid.library.analysis.decoder import DecoderFaultError, Limits, RetryableDecodeError
from moodpid.library.analysis.files import Passage
from tests.library.analysis.impostor import write_program
from tests.library.analysis.sounds import RATE_HZ, march, write_wav
from tests.support.environment import require

LOUDNESS = "echo '    I:  -20.0 LUFS' >&2"
IO_ERROR = "echo '[error] file:/music/song.wav: Input/output error' >&2"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", march(4.0))


def sound(seconds: float) -> str:
    return f"head -c {int(seconds * 22050) * 4} /dev/zero"


def count_runs(program: Path) -> str:
    return f"echo run >> {program.parent}/runs; runs=$(wc -l < {program.parent}/runs)"


@pytest.mark.parametrize("fault", ["Input/output error", "Stale file handle", "Connection timed out"])
@pytest.mark.parametrize("status", [0, 251])  # of ffmpeg 5, and of later ones
def test_a_read_fault_that_passes_costs_nothing(song: Path, impostor: Path, fault: str, status: int) -> None:
    broken = (
        f"{{ {sound(1.5)}; echo '[error] file:/music/song.wav: {fault}' >&2; {LOUDNESS}; exit {status}; }}"
    )
    write_program(impostor, count_runs(impostor), f"[ $runs = 1 ] && {broken}", sound(4.0), LOUDNESS)
    excerpt = decode(Passage(song), network=False)
    assert (len(excerpt.samples), excerpt.loudness_lufs) == (4 * 22050, -20.0)


def test_what_came_before_a_read_fault_is_not_the_song(song: Path, impostor: Path) -> None:
    write_program(impostor, sound(3.5), IO_ERROR, LOUDNESS, f"rm -f {song}")
    with pytest.raises(FileNotFoundError):
        decode(Passage(song), network=False)


@pytest.mark.parametrize("seconds", ["0", "$runs"])
def test_a_read_fault_that_lasts_may_be_over_another_night(song: Path, impostor: Path, seconds: str) -> None:
    write_program(
        impostor, count_runs(impostor), f"head -c $(({seconds} * 88200)) /dev/zero", IO_ERROR, LOUDNESS
    )
    with pytest.raises(RetryableDecodeError, match="Input/output error"):
        decode(Passage(song), network=False)


def test_a_song_that_is_cut_short_is_read(tmp_path: Path) -> None:
    require("ffmpeg")
    whole, cut = tmp_path / "whole.wv", tmp_path / "cut.wv"
    sound = write_wav(tmp_path / "sound.wav", march(20.0))
    subprocess.run(["ffmpeg", "-v", "error", "-i", sound, whole], check=True)
    cut.write_bytes(
        whole.read_bytes()[: whole.stat().st_size // 2]
    )  # ffmpeg calls that an input/output error
    assert len(decode(Passage(cut), network=False).samples) > 5 * RATE_HZ


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (
            "echo 'ffmpeg: error while loading shared libraries: libavfilter.so.8' >&2; exit 127",
            "libavfilter",
        ),
        ("exit 126", "does not start"),
        ("kill -SEGV $$", "Segmentation fault"),
        (f"{sound(3.5)}; kill -ABRT $$", "Aborted"),
    ],
)
def test_a_decoder_that_fails_is_not_the_song_s_fault(
    song: Path, impostor: Path, does: str, why: str
) -> None:
    write_program(impostor, does)
    with pytest.raises(DecoderFaultError, match=why):
        decode(Passage(song), network=False)


def test_a_decoder_that_crashes_when_it_is_done_is_enough(song: Path, impostor: Path) -> None:
    write_program(impostor, sound(4.0), LOUDNESS, "kill -SEGV $$")
    assert len(decode(Passage(song), network=False).samples) == 4 * 22050


def test_a_decoder_that_hangs_is_not_tried_again_elsewhere(song: Path, impostor: Path) -> None:
    write_program(impostor, count_runs(impostor), "exec sleep 600")
    with pytest.raises(RetryableDecodeError, match="within 1 seconds"):
        decode(Passage(song, 200.0), network=False, limits=Limits(wall_s=1.0))
    assert (impostor.parent / "runs").read_text(encoding="utf-8").split() == ["run"]


@pytest.mark.parametrize("network", [False, True])
def test_a_song_without_a_channel_layout_has_no_loudness(tmp_path: Path, *, network: bool) -> None:
    require("ffmpeg")
    sound, song = write_wav(tmp_path / "sound.wav", march(4.0)), tmp_path / "song.tta"
    subprocess.run(["ffmpeg", "-v", "error", "-i", sound, song], check=True)
    excerpt = decode(Passage(song, 4.0), network=network)
    assert len(excerpt.samples) == 4 * RATE_HZ
    assert len(excerpt.network_samples) == 4 * 16000 * network
