"""What is kept is whole, or as it was before; a disk that refuses is told once, and tried again."""

import errno
import logging
import os
from pathlib import Path
from typing import NoReturn

import pytest

from moodpid.system.json_file import AGAIN_S, JsonFile
from tests.support.fakes import Clock


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
        assert JsonFile(path).read() == {}
        assert len(caplog.records) == 1
        assert not path.exists()


@pytest.mark.parametrize("content", [b"\0" * 4096, b"[" * 100_000, bytes(range(192, 256)), b"null", b"NaN"])
def test_garbage_is_survived_with_one_line(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.write_bytes(content)
    assert JsonFile(path).read() == {}
    assert lines(caplog) == [f"{path}: it is no JSON object; set aside as settings.broken"]


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
        patched.setattr(os if step == "fsync" else Path, step, cut)
        with pytest.raises(PowerCut):
            JsonFile(path).write({"dwell_s": "9"})
    assert JsonFile(path).read() == {"dwell_s": "5"}
    JsonFile(path).write({"dwell_s": "9"})
    assert JsonFile(path).read() == {"dwell_s": "9"}


def test_a_full_disk_is_told_once_and_written_when_there_is_room(
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
    assert lines(caplog) == [
        f"{path} cannot be written: No space left on device; until it can, a restart forgets it"
    ]
    assert JsonFile(path).read() == {"dwell_s": "5"}
    clock.sleep(AGAIN_S)
    assert file.write({"dwell_s": "9"})
    assert lines(caplog)[1:] == [f"{path} is written again"]
    assert JsonFile(path).read() == {"dwell_s": "9"}


def test_a_full_disk_is_not_tried_more_often_than_it_should(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, tries = Clock(), []

    def refuse(fd: int) -> None:
        tries.append(clock())
        full_disk(fd)

    monkeypatch.setattr(os, "fsync", refuse)
    file = JsonFile(path, clock)
    for _ in range(240):
        file.write({"dwell_s": "9"})
        clock.sleep(0.25)
    assert len(tries) == 60 / AGAIN_S


def test_half_a_file_takes_no_room_where_there_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)
    JsonFile(path).write({"dwell_s": "9"})
    assert list(path.parent.iterdir()) == []
