"""What becomes of a song when its decoder gets too little of the machine: a program of ours plays ffmpeg."""

import resource
from pathlib import Path

import pytest

from moodpid.library.analysis.decode import decode
from moodpid.library.analysis.decoder import RetryableDecodeError
from moodpid.library.analysis.files import Passage
from tests.library.analysis.impostor import write_program
from tests.library.analysis.sounds import march, write_wav

SECONDS = 4.0
LOUDNESS = "echo '    I:  -20.0 LUFS' >&2"
STARVED = "[af#0:0 @ 0x55] [error] pthread_create() failed: Resource temporarily unavailable"
THREADS = """
import sys, threading
started = threading.Barrier(41)
for _ in range(40):
    threading.Thread(target=started.wait, daemon=True).start()
started.wait()
print("    I:  -20.0 LUFS", file=sys.stderr)
sys.stdout.buffer.write(bytes(4 * 22050 * 4))
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", march(SECONDS))


def sound(seconds: float, rate_hz: int = 22050) -> str:
    return f"head -c {int(seconds * rate_hz) * 4} /dev/zero"


def test_a_decoder_of_many_threads_stays_within_its_memory(song: Path, impostor: Path) -> None:
    write_program(impostor, f"exec python3 -c '{THREADS}'")
    assert len(decode(Passage(song), network=False).samples) == SECONDS * 22050


def test_our_own_stacks_stay_as_they_were(song: Path, impostor: Path) -> None:
    write_program(impostor, sound(SECONDS), LOUDNESS)
    before = resource.getrlimit(resource.RLIMIT_STACK)
    decode(Passage(song), network=False)
    assert resource.getrlimit(resource.RLIMIT_STACK) == before


def test_what_a_killed_decoder_wrote_is_not_the_song(song: Path, impostor: Path) -> None:
    write_program(impostor, sound(SECONDS), LOUDNESS, "kill -KILL $$")
    with pytest.raises(RetryableDecodeError, match="memory may have run out"):
        decode(Passage(song), network=False)


def test_the_song_is_not_at_fault_where_no_thread_starts(song: Path, impostor: Path) -> None:
    write_program(impostor, sound(SECONDS), f"echo '{STARVED}' >&2", LOUDNESS, "exit 245")
    with pytest.raises(RetryableDecodeError, match="too much memory"):
        decode(Passage(song), network=False)


def test_a_cover_that_gets_no_memory_is_no_harm(song: Path, impostor: Path) -> None:
    write_program(
        impostor, sound(SECONDS), "echo '[mjpeg @ 0x55] [error] Cannot allocate memory' >&2", LOUDNESS
    )
    assert decode(Passage(song), network=False).loudness_lufs == -20.0


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_a_song_whose_network_sound_is_cut_waits(song: Path, impostor: Path, seconds: float) -> None:
    # The last argument is the network's pipe
    write_program(impostor, sound(SECONDS), f'{sound(seconds, 16000)} > "/dev/fd/${{!#/pipe:/}}"', LOUDNESS)
    with pytest.raises(RetryableDecodeError, match="too much memory"):
        decode(Passage(song), network=True)
