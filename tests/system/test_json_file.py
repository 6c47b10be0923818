"""A state file is whole, or as it was before; a disk that refuses is logged once, and tried again."""

import errno
import logging
import os
import tracemalloc
from pathlib import Path
from typing import NoReturn

import pytest

from moodpid.system.json_file import RETRY_S, JsonFile, Key, ShortText
from tests.support.fakes import Clock

TEXTS = dict[str, str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def full_disk(_fd: int) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_file_cut_off_anywhere_is_survived_with_one_line(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    JsonFile(path).write({"enabled": "OFF"})
    whole = path.read_bytes()
    for length in range(len(whole)):
        caplog.clear()
        path.write_bytes(whole[:length])
        assert JsonFile(path).read(TEXTS) is None
        assert len(caplog.records) == 1
        assert not path.exists()


@pytest.mark.parametrize("content", [b"\0" * 4096, b"[" * 60_000, bytes(range(192, 256)), b"null", b"NaN"])
def test_garbage_is_survived_with_one_line(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.write_bytes(content)
    assert JsonFile(path).read(TEXTS) is None
    assert lines(caplog) == [f"{path}: not a JSON object; set aside as settings.broken"]


def test_a_file_larger_than_its_limit_is_set_aside_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    assert JsonFile(path).read(TEXTS) is None
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert path.with_suffix(".broken").exists()


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_regular_file_is_set_aside(path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    assert JsonFile(path).read(TEXTS) is None
    assert JsonFile(path).write({"dwell_s": "9"}) or kind == "folder"


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1}',
        '{"a": "' + "x" * 300 + '"}',
        '{"a": "\\ud800"}',
        '{"a": "line\\nend"}',
        "{" + '"a":[' * 5000,
    ],
)
def test_what_does_not_fit_the_schema_is_set_aside(
    path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    path.write_text(content)
    assert JsonFile(path).read(dict[Key, ShortText]) is None
    assert len(caplog.records) == 1
    assert path.with_suffix(".broken").exists()


def test_a_pipe_in_place_of_a_new_file_blocks_nothing(path: Path) -> None:
    os.mkfifo(path.with_suffix(".new"))
    assert JsonFile(path).write({"dwell_s": "9"})
    assert JsonFile(path).read(TEXTS) == {"dwell_s": "9"}


class PowerCut(BaseException):
    """Nothing runs after this."""


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_the_power_may_go_at_any_step_of_writing(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def cut(*_arguments: object, **_more: object) -> NoReturn:
        raise PowerCut

    JsonFile(path).write({"dwell_s": "5"})
    with monkeypatch.context() as patched:
        patched.setattr(Path if step == "replace" else os, step, cut)
        with pytest.raises(PowerCut):
            JsonFile(path).write({"dwell_s": "9"})
    assert JsonFile(path).read(TEXTS) == {"dwell_s": "5"}
    JsonFile(path).write({"dwell_s": "9"})
    assert JsonFile(path).read(TEXTS) == {"dwell_s": "9"}


def test_a_full_disk_is_logged_once_and_retried(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    file = JsonFile(path, clock)
    file.write({"dwell_s": "5"})
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_disk)
        for _ in range(100):
            assert not file.write({"dwell_s": "9"})
            clock.sleep(1.0)
    (warned,) = lines(caplog)
    assert warned.startswith(f"{path} cannot be written: No space left on device; until it can, a restart")
    assert JsonFile(path).read(TEXTS) == {"dwell_s": "5"}
    clock.sleep(RETRY_S)
    assert file.write({"dwell_s": "9"})
    assert lines(caplog)[1:] == [f"{path} is written again"]
    assert JsonFile(path).read(TEXTS) == {"dwell_s": "9"}


def test_a_full_disk_is_retried_at_a_limited_rate(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tries = Clock(), []

    def refuse(fd: int) -> None:
        tries.append(clock())
        full_disk(fd)

    monkeypatch.setattr(os, "fsync", refuse)
    file = JsonFile(path, clock)
    for _ in range(240):
        file.write({"dwell_s": "9"})
        clock.sleep(0.25)
    assert len(tries) == 60 / RETRY_S


def test_half_a_file_takes_no_room_where_there_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)
    JsonFile(path).write({"dwell_s": "9"})
    assert list(path.parent.iterdir()) == []
