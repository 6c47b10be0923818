"""A minute from the middle of a song as samples, and its loudness: what ffmpeg makes of it."""

import stat
import subprocess
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from moodpid.library import ffmpeg
from moodpid.library.analysis import decoder, decoder_messages
from moodpid.library.analysis.decoder import (
    DEFAULT_LIMITS,
    DecodeError,
    DecoderMissingError,
    Limits,
    Output,
    RetryableDecodeError,
)
from moodpid.library.analysis.files import Passage
from moodpid.library.analysis.filterbanks import SAMPLE_RATE_HZ, Floats
from moodpid.text import clean

EXCERPT_S = 60.0
NETWORK_RATE_HZ = 16000  # what musicnn was trained with

_WORTH_SEEKING_S = 5.0  # a song so little longer than the excerpt is read from its start
_SECOND_BYTES = 4 * SAMPLE_RATE_HZ
_READ_BYTES = 1 << 20  # at once
_LEAST_S = 1.0  # for a second try, so that the decoder can say why it fails
# Demuxers that decode the file itself. Others (hls, concat, dash, imf, sdp) open the files and addresses in a
# playlist; a live playlist is polled until the time limit
_DEMUXERS = (
    "aa,aac,ac3,adx,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,gsm,iff,ivr,libgme,"
    "libmodplug,libopenmpt,loas,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,qcp,rm,shn,sox,spdif,tak,"
    "truehd,tta,voc,vqf,w64,wav,wv,xwma"
)


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """Up to a minute of a song, mono, samples from -1 to 1.

    Attributes:
        samples: At 22,050 Hz.
        network_samples: At 16,000 Hz; empty where no network is used.
        loudness_lufs: Integrated loudness (ITU-R BS.1770-4) of the excerpt; None for silence.
        start_s: Where in the song it begins.
    """

    samples: Floats
    network_samples: Floats
    loudness_lufs: float | None
    start_s: float = 0.0


def decode(passage: Passage, *, network: bool, limits: Limits = DEFAULT_LIMITS) -> Excerpt:
    """Decode a minute from the middle of a song, or from its start where the middle is not there.

    Args:
        passage: Where it lies; its path is absolute.
        network: Whether the samples for the network are wanted too.
        limits: For the ffmpeg process.

    Raises:
        DecodeError: There is no sound in it, or not within the limits.
        RetryableDecodeError: The same, but the file may not be at fault.
        DecoderMissingError: ffmpeg cannot be started.
        OSError: The file cannot be read, or not to its end.
    """
    _require_file(passage.path)
    deadline_s = time.monotonic() + limits.wall_s
    duration_s = passage.duration_s
    start_s = (duration_s - EXCERPT_S) / 2 if duration_s > EXCERPT_S + _WORTH_SEEKING_S else 0.0
    if start_s:
        try:
            excerpt = _decode_from(passage, start_s, network=network, limits=limits)
            if len(excerpt.samples) > EXCERPT_S / 2 * SAMPLE_RATE_HZ:
                return replace(excerpt, start_s=start_s)
        except DecodeError:
            if time.monotonic() >= deadline_s:
                raise
        # The file is cut short, or its index is wrong
        limits = _until(deadline_s, limits)
    return _decode_from(passage, 0.0, network=network, limits=limits)


def ffmpeg_version() -> str:
    """Return the version of the installed ffmpeg.

    Raises:
        DecoderMissingError: It is not installed.
    """
    try:
        shown = subprocess.run(
            ["ffmpeg", "-version"],  # noqa: S607 - wherever the distribution has put it
            check=True,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise DecoderMissingError(f"{ffmpeg.MISSING} ({error}): {ffmpeg.INSTALL}") from error
    return clean(shown.split("\n", 1)[0].removeprefix("ffmpeg version ").split(" ", 1)[0])


def _require_file(path: Path) -> None:
    """Raise for what is not a file: ffmpeg would wait for ever at a FIFO."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise DecodeError("not a regular file")
    if not status.st_size:
        raise DecodeError("the file is empty")


def _command(passage: Passage, start_s: float, network_pipe: int | None, *, loudness: bool) -> list[str]:
    """Return the command line: outputs on stdout and `network_pipe`, the loudness on stderr."""
    start_s += passage.start_s
    length_s = min(EXCERPT_S, passage.duration_s or EXCERPT_S) if passage.is_part else EXCERPT_S
    raw = ["-vn", "-sn", "-dn", "-map", "0:a:0", "-ac", "1", "-f", "f32le"]
    command = [
        *("ffmpeg", "-hide_banner", "-nostats", "-nostdin", "-loglevel", "level+info", "-threads", "1"),
        *("-filter_threads", "1"),
        *(("-ss", f"{start_s:.2f}") if start_s else ()),
        # Neither a network nor another file than this one is reached, whatever the file contains
        *("-t", f"{length_s:.2f}", "-protocol_whitelist", "file,pipe", "-format_whitelist", _DEMUXERS),
        *("-i", f"file:{passage.path}"),
        *(*raw, "-ar", str(SAMPLE_RATE_HZ), "pipe:1"),
    ]
    if loudness:
        command += ["-map", "0:a:0", "-vn", "-af", "ebur128=framelog=verbose", "-f", "null", "-"]
    if network_pipe is not None:
        command += [*raw, "-ar", str(NETWORK_RATE_HZ), f"pipe:{network_pipe}"]
    return command


def _decode_from(passage: Passage, start_s: float, *, network: bool, limits: Limits) -> Excerpt:
    deadline_s = time.monotonic() + limits.wall_s
    output = _run(passage, start_s, network=network, limits=limits)
    if decoder_messages.has_read_fault(output):
        _read_to_end(passage.path, deadline_s)
        output = _run_again(passage, start_s, output, network=network, limits=_until(deadline_s, limits))
    samples = output.samples
    if decoder_messages.is_out_of_time(output) and len(samples) < _expected_bytes(SAMPLE_RATE_HZ) // 2:
        raise DecodeError("the decoder took too much processor time")
    if len(samples) < _SECOND_BYTES:
        raise DecodeError(decoder_messages.explain(output))
    return Excerpt(_floats(samples), _floats(output.extra), decoder_messages.read_loudness(output))


def _until(deadline_s: float, limits: Limits) -> Limits:
    return replace(limits, wall_s=max(_LEAST_S, deadline_s - time.monotonic()))


def _run_again(passage: Passage, start_s: float, before: Output, *, network: bool, limits: Limits) -> Output:
    """Run the decoder once more after a fault of reading that is over.

    Raises:
        RetryableDecodeError: It is not over; where the file is cut short, it ends at the same place again.
    """
    output = _run(passage, start_s, network=network, limits=limits)
    size = len(output.samples)
    if decoder_messages.has_read_fault(output) and (size < _SECOND_BYTES or size != len(before.samples)):
        raise RetryableDecodeError(decoder_messages.explain(output))
    return output


def _read_to_end(path: Path, deadline_s: float) -> None:
    """Find out whether a file can be read.

    Raises:
        OSError: It cannot.
        RetryableDecodeError: That took too long.
    """
    with path.open("rb", buffering=0) as file:
        while file.read(_READ_BYTES):
            if time.monotonic() >= deadline_s:
                raise RetryableDecodeError("the file could not be read in time")


def _run(passage: Passage, start_s: float, *, network: bool, limits: Limits) -> Output:
    loudness = True
    output = _run_once(passage, start_s, network=network, limits=limits, loudness=loudness)
    if decoder_messages.refuses_loudness(output):
        loudness = False
        output = _run_once(passage, start_s, network=network, limits=limits, loudness=loudness)
    heard_s = len(output.samples) / _SECOND_BYTES
    network_s = len(output.extra) / (4 * NETWORK_RATE_HZ) if network else None
    decoder_messages.require_memory(output, heard_s, network_s, loudness=loudness)
    return output


def _run_once(passage: Passage, start_s: float, *, network: bool, limits: Limits, loudness: bool) -> Output:
    output = decoder.run(
        partial(_command, passage, start_s, loudness=loudness),
        _expected_bytes(SAMPLE_RATE_HZ),
        _expected_bytes(NETWORK_RATE_HZ) if network else 0,
        limits,
    )
    decoder_messages.require_decoder(output)
    return output


def _expected_bytes(rate_hz: int) -> int:
    return int(4 * rate_hz * (EXCERPT_S + 1))


def _floats(data: bytes) -> Floats:
    return np.frombuffer(data[: len(data) // 4 * 4], np.dtype("<f4"))
