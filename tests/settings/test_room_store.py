"""What was learned of a room outlives restarts, other models and broken files, as far as it can."""

import errno
import json
from pathlib import Path

import pytest

from moodpid.mood.emotion import EMOTIONS
from moodpid.mood.room import RoomState
from moodpid.settings.room_store import SAVE_EVERY_S, RoomStore
from moodpid.system import json_file
from moodpid.system.json_file import RETRY_S, JsonFile
from tests.support.fakes import Clock

LEARNED = RoomState(tuple(float(n) for n in range(7)), (0.5,) * 7, 28.0)
GOOD = {
    "version": 1,
    "model": "a",
    "moods_s": dict.fromkeys(EMOTIONS, 3.0),
    "resting": dict.fromkeys(EMOTIONS, -1.5),
    "watched_s": 21.0,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "room.json"


def store(file: Path, model: str = "a", clock: Clock | None = None) -> RoomStore:
    return RoomStore(JsonFile(file), model, clock or Clock())


def test_what_was_learned_comes_back(file: Path) -> None:
    assert store(file).save(LEARNED, now=True)
    assert store(file).load() == LEARNED


def test_nothing_was_learned_before_the_first_run(file: Path) -> None:
    keeper = store(file)
    assert keeper.load() == RoomState()
    assert keeper.save(RoomState(), now=True)
    assert not file.exists()  # nothing is written for nothing


def test_it_is_written_at_most_once_an_hour(file: Path) -> None:
    clock = Clock()
    keeper = store(file, clock=clock)
    keeper.save(LEARNED, now=False)
    assert not file.exists()
    clock.sleep(SAVE_EVERY_S)
    keeper.save(LEARNED, now=False)
    first = file.stat().st_mtime_ns
    clock.sleep(SAVE_EVERY_S / 2)
    keeper.save(RoomState(), now=False)
    assert file.stat().st_mtime_ns == first


def test_what_has_not_changed_is_not_written(file: Path) -> None:
    store(file).save(LEARNED, now=True)
    keeper = store(file)
    keeper.load()
    first = file.stat().st_mtime_ns
    keeper.save(LEARNED, now=True)
    assert file.stat().st_mtime_ns == first


def test_a_full_disk_is_reported_and_survived(tmp_path: Path) -> None:
    assert not store(tmp_path / "nowhere" / "room.json").save(LEARNED, now=True)


def test_another_model_keeps_the_moods_and_loses_the_faces(file: Path) -> None:
    store(file, "a").save(LEARNED, now=True)
    assert store(file, "b").load() == RoomState(LEARNED.moods_s)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        json.dumps({}),
        json.dumps(GOOD | {"version": 2}),
        json.dumps(GOOD | {"moods_s": {"bored": 1.0}}),
        json.dumps(GOOD | {"moods_s": {"happy": -1.0}}),
        json.dumps(GOOD | {"moods_s": {"happy": 1e99}}),
        json.dumps(GOOD | {"moods_s": {"happy": float("nan")}}),
        json.dumps(GOOD | {"watched_s": "long"}),
        json.dumps(GOOD | {"resting": {"happy": float("inf")}}),
    ],
)
def test_a_broken_file_is_set_aside_or_harmless(file: Path, text: str) -> None:
    file.write_text(text)
    state = store(file).load()
    assert all(0 <= m < 1e7 for m in state.moods_s)
    assert all(abs(r) < 1e9 for r in state.resting)


def test_a_mood_missing_from_the_file_counts_as_unseen(file: Path) -> None:
    file.write_text(json.dumps(GOOD | {"moods_s": {"happy": 5.0}}))
    assert sum(store(file).load().moods_s) == 5.0


def test_what_was_not_to_wait_is_tried_again_at_once(tmp_path: Path) -> None:
    clock = Clock()
    folder = tmp_path / "away"
    keeper = RoomStore(JsonFile(folder / "room.json", clock), "a", clock)
    assert not keeper.save(LEARNED, now=True)
    folder.mkdir()
    clock.sleep(RETRY_S)
    assert keeper.save(LEARNED, now=False)
    assert store(folder / "room.json").load() == LEARNED


def test_an_unreadable_file_is_forgotten_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(file).save(LEARNED, now=True)
    keeper = store(file)
    with monkeypatch.context() as patched:
        patched.setattr(json_file, "read_regular", fail)
        assert keeper.load() == RoomState()
    keeper.save(RoomState(), now=True)
    assert store(file).load() == RoomState()


def fail(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")
