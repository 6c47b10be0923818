"""Settings outlive a restart; a broken file is logged and set aside."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from moodpid.mood.emotion import Mood
from moodpid.settings.fields import Capabilities
from moodpid.settings.store import MAX_KEPT, SettingsStore
from moodpid.state import Settings
from moodpid.system.json_file import JsonFile

DEFAULTS = Settings(dwell_s=8.0)


def keeper(folder: Path, defaults: Settings = DEFAULTS) -> SettingsStore:
    return SettingsStore(JsonFile(folder / "settings.json"), Capabilities(), defaults)


def test_settings_outlive_a_restart(tmp_path: Path) -> None:
    wanted = Settings(enabled=False, drive_music=False, override=Mood.HAPPY, dwell_s=30.0, fps=1.5)
    keeper(tmp_path).save(wanted)
    assert keeper(tmp_path).load() == wanted


def test_what_the_home_never_touched_follows_the_configuration(tmp_path: Path) -> None:
    keeper(tmp_path).save(replace(DEFAULTS, fps=2.0))
    edited = replace(DEFAULTS, dwell_s=20.0)
    assert keeper(tmp_path, edited).load() == replace(edited, fps=2.0)


def test_nothing_kept_is_the_configuration(tmp_path: Path) -> None:
    assert keeper(tmp_path).load() == DEFAULTS


def test_without_a_place_nothing_is_kept() -> None:
    nowhere = SettingsStore(JsonFile(None), Capabilities(), DEFAULTS)
    nowhere.save(Settings(enabled=False))
    assert nowhere.load() == DEFAULTS


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"enabled": "OF'])
def test_a_broken_file_is_set_aside_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert keeper(tmp_path).load() == DEFAULTS
    assert len(caplog.records) == 1
    assert (tmp_path / "settings.broken").read_bytes() == content
    assert not (tmp_path / "settings.json").exists()


def test_a_setting_that_is_no_longer_valid_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "settings.json").write_text('{"looks_hz": "20", "dwell_s": "3", "dance": "ON"}')
    with caplog.at_level(logging.WARNING):
        assert keeper(tmp_path).load() == replace(DEFAULTS, dwell_s=3.0)
    assert [record.getMessage() for record in caplog.records] == [
        "the kept setting looks_hz = '20' is dropped: it takes a number from 0.5 to 4"
    ]


def test_a_power_cut_while_writing_leaves_the_old_settings(tmp_path: Path) -> None:
    keeper(tmp_path).save(Settings(dwell_s=5.0))
    (tmp_path / "settings.new").write_text('{"dwell_s": "9')
    assert keeper(tmp_path).load().dwell_s == 5.0


def test_a_full_or_read_only_disk_hurts_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lost = SettingsStore(JsonFile(tmp_path / "gone" / "settings.json"), Capabilities(), DEFAULTS)
    with caplog.at_level(logging.WARNING):
        lost.save(Settings(dwell_s=1.0))
    assert "cannot be written" in caplog.text


def test_what_does_not_count_for_now_is_kept(tmp_path: Path) -> None:
    keeper(tmp_path).save(replace(DEFAULTS, drive_music=False))
    without_player = SettingsStore(JsonFile(tmp_path / "settings.json"), Capabilities(music=False), DEFAULTS)
    without_player.save(replace(without_player.load(), fps=2.0))
    assert keeper(tmp_path).load() == replace(DEFAULTS, drive_music=False, fps=2.0)


def test_foreign_settings_do_not_crowd_out_ours(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({f"foreign_{n}": "x" for n in range(MAX_KEPT)}))
    store = keeper(tmp_path)
    store.save(replace(store.load(), dwell_s=3.0))
    assert keeper(tmp_path).load().dwell_s == 3.0
