import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from moodpid.library import ffmpeg
from moodpid.library.analysis import decode as module
from moodpid.library.analysis.decode import decode, ffmpeg_version
from moodpid.library.analysis.decoder import DEFAULT_LIMITS, DecodeError, DecoderMissingError, Limits
from moodpid.library.analysis.files import Passage
from tests.library.analysis.impostor import write_program
from tests.library.analysis.sounds import RATE_HZ, march, write_wav
from tests.support.environment import require

FORMATS = "mp3 ogg opus flac m4a mka wma wv aiff au ac3 aac w64 tta spx"
HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"

pytestmark = pytest.mark.usefixtures("_ffmpeg")


@pytest.fixture
def _ffmpeg() -> None:
    require("ffmpeg")


def reason(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(Passage(path), network=False, limits=limits)
    (line,) = caught.value.lines
    return line


def test_one_process_gives_both_rates_and_the_loudness(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", march(10.0))
    excerpt = decode(Passage(song, 10.0), network=True)
    assert len(excerpt.samples) == 10 * RATE_HZ
    assert len(excerpt.network_samples) == 160_000
    assert np.allclose(excerpt.samples, march(10.0), atol=1e-4)
    assert excerpt.loudness_lufs == pytest.approx(-18, abs=6)


def test_a_long_song_is_read_from_its_middle(tmp_path: Path) -> None:
    quiet, loud = np.zeros(60 * RATE_HZ, np.float32), march(60.0)
    song = write_wav(tmp_path / "song.wav", np.concatenate([quiet, loud, quiet]))
    excerpt = decode(Passage(song, 180.0), network=False)
    assert len(excerpt.samples) == 60 * RATE_HZ
    assert np.allclose(excerpt.samples, loud, atol=1e-4)
    assert not len(excerpt.network_samples)


def test_a_truncated_song_is_read_from_its_start(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", march(40.0))
    assert len(decode(Passage(song, 3600.0), network=False).samples) == 40 * RATE_HZ


@pytest.mark.parametrize(
    "name",
    ["18:04.wav", "-i.wav", "100% %d.wav", "a\nb.wav", "naïve — ☃.wav", "pipe:0", "a'b\"c$d.wav", "x?y#z"],
)
def test_any_name_can_be_read(tmp_path: Path, name: str) -> None:
    assert (
        len(decode(Passage(write_wav(tmp_path / name, march(4.0)), 4.0), network=False).samples)
        == 4 * RATE_HZ
    )


def test_many_channels_at_a_high_rate_are_read(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "hires.wav", march(30.0), rate_hz=192_000, channels=8)
    assert len(decode(Passage(song), network=True).samples) == pytest.approx(
        30 * RATE_HZ * RATE_HZ / 192_000, rel=0.01
    )


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", np.zeros(5 * RATE_HZ, np.float32))
    assert decode(Passage(song, 5.0), network=False).loudness_lufs is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"no music at all, but a text that somebody called .mp3 \n" * 40, "."),
        (HLS + b"#EXT-X-ENDLIST\n", "not an audio file: its format is hls"),
        (HLS, "not an audio file: its format is hls"),  # a live one, which ffmpeg would read again and again
        (b"ffconcat version 1.0\nfile other.wav\n", "not an audio file: its format is concat"),
        (bytes(np.random.default_rng(1).integers(0, 256, 50_000, np.uint8)), "."),
    ],
)
def test_what_is_no_music_has_a_reason_of_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(content)
    write_wav(tmp_path / "other.wav", march(4.0))
    reported = reason(song)
    assert why in reported or why == "."
    assert reported
    assert len(reported) <= 160
    assert str(tmp_path) not in reported


@pytest.mark.parametrize("name", FORMATS.split())
def test_formats_of_music_libraries_are_read(tmp_path: Path, name: str) -> None:
    song = tmp_path / f"song.{name}"
    sound = write_wav(tmp_path / "sound.wav", march(4.0))
    made = subprocess.run(["ffmpeg", "-v", "error", "-i", sound, song], check=False, capture_output=True)
    if made.returncode:
        pytest.skip(f"this ffmpeg has no encoder for {name}")
    assert len(decode(Passage(song, 4.0), network=False).samples) == pytest.approx(4 * RATE_HZ, rel=0.05)


def test_folders_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert reason(tmp_path / "pipe.mp3") == "not a regular file"
    assert reason(tmp_path) == "not a regular file"


def test_a_link_to_itself_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "loop.mp3").symlink_to("loop.mp3")
    with pytest.raises(OSError, match="symbolic links"):
        decode(Passage(tmp_path / "loop.mp3"), network=False)


def test_less_than_a_second_is_too_little(tmp_path: Path) -> None:
    assert reason(write_wav(tmp_path / "song.wav", march(0.5))) == "less than a second of sound"


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, impostor: Path) -> None:
    write_program(impostor, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    song = write_wav(tmp_path / "song.wav", march(4.0))
    start_s = time.monotonic()
    assert reason(song, limits=Limits(wall_s=2.0)) == "the decoder did not finish within 2 seconds"
    assert time.monotonic() - start_s < 10
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_decoder_that_eats_memory_is_refused_it(tmp_path: Path, impostor: Path) -> None:
    got_it = tmp_path / "got-it"
    program = f'import time\ntime.sleep(0.3)\nx = bytearray(300 << 20)\nopen("{got_it}", "w")'
    write_program(impostor, f"exec python3 -c '{program}'")
    song = write_wav(tmp_path / "song.wav", march(4.0))
    assert reason(song) == "less than a second of sound"
    assert not got_it.exists()


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("while :; do :; done", "the decoder took too much processor time"),
        # As ffmpeg does, which ends in order and still measures the loudness
        (
            "echo 'Exiting normally, received signal 24.' >&2; echo '    I:  -20.0 LUFS' >&2; exit 255",
            "the decoder took too much processor time",
        ),
        ("kill -KILL $$", "the decoder was killed: memory may have run out"),  # as the kernel does
    ],
)
def test_a_decoder_that_is_ended_says_why(tmp_path: Path, impostor: Path, does: str, why: str) -> None:
    write_program(impostor, does)
    song = write_wav(tmp_path / "song.wav", march(4.0))
    assert reason(song, limits=Limits(cpu_s=1)) == why


def test_a_decoder_that_writes_for_ever_is_cut_off(tmp_path: Path, impostor: Path) -> None:
    write_program(impostor, "cat /dev/zero & cat /dev/zero >&2")
    song = write_wav(tmp_path / "song.wav", march(4.0))
    assert "did not finish" in reason(song, limits=Limits(wall_s=0.5))


def test_a_missing_decoder_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    song = write_wav(tmp_path / "song.wav", march(4.0))
    with pytest.raises(DecoderMissingError, match=ffmpeg.INSTALL):
        decode(Passage(song), network=True)
    with pytest.raises(DecoderMissingError, match=ffmpeg.INSTALL):
        ffmpeg_version()


def test_no_pipe_stays_open(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", march(4.0))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        module.decode(Passage(song), network=True)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_version_of_the_decoder_is_known() -> None:
    assert ffmpeg_version()[0].isdigit()


def test_ctrl_c_does_not_reach_the_decoder(tmp_path: Path, impostor: Path) -> None:
    group = tmp_path / "group"
    write_program(impostor, f"cut -d ' ' -f 5 /proc/$$/stat > {group}")
    reason(write_wav(tmp_path / "song.wav", march(4.0)))
    assert int(group.read_text()) != os.getpgrp()
