"""The file itself, and the files that it names."""

import os
import re
from pathlib import Path

import pytest
from msgspec import structs

from moodpid import config
from moodpid.config import Config, load, parse
from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood
from moodpid.mood.mood_filter import threshold_for
from moodpid.state import Settings
from moodpid.wiring import default_settings
from tests.support.config_text import PLAYLISTS

REPOSITORY = Path(__file__).parents[2]


def test_a_misplaced_file_key_is_one_fault_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f'{PLAYLISTS}[camera]\npath = "none"\n', folder=tmp_path, files=True)
    (fault,) = caught.value.lines
    assert 'only source = "recording" reads a path' in fault


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_missing_or_binary_file_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "moodpid.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(file))):
        load(file)


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf\n"])
def test_an_empty_file_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(f"file is empty; moodpid setup --config {file}")):
        load(file)
    monkeypatch.setattr(config, "DEFAULT_PATH", file)
    with pytest.raises(ConfigError, match="the file is empty; sudo moodpid setup writes one"):
        load(file)


def test_a_file_of_comments_is_good(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text("# all defaults\n")
    assert load(file) == Config()


def test_who_has_no_file_yet_hears_where_one_comes_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "moodpid.toml")
    with pytest.raises(ConfigError, match="sudo moodpid setup writes one; or give another"):
        load(tmp_path / "moodpid.toml")
    with pytest.raises(ConfigError, match="no such file; give another"):
        load(tmp_path / "other.toml")


def test_the_mark_that_some_editors_put_first_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text(PLAYLISTS, encoding="utf-8-sig")
    assert load(file, files=True).player.playlists == {Mood.HAPPY: ("Happy",)}


@pytest.mark.parametrize(
    ("table", "key", "more"),
    [
        ("camera", "path", 'source = "recording"'),
        ("vision", "model", ""),
        ("vision", "cascade", ""),
        ("player", "password_file", ""),
        ("mqtt", "password_file", 'username = "me"'),
        ("mqtt", "tls_ca", "tls = true"),
        ("mqtt", "tls_certificate", 'tls = true\ntls_key = "key"'),
        ("mqtt", "tls_key", 'tls = true\ntls_certificate = "key"'),
    ],
)
def test_a_named_file_that_is_missing_is_a_fault(tmp_path: Path, table: str, key: str, more: str) -> None:
    file = tmp_path / "moodpid.toml"
    (tmp_path / "key").touch()
    (tmp_path / "emotion.json").touch()
    file.write_text(f'{PLAYLISTS}[{table}]\n{key} = "emotion.tflite"\n{more}\n')
    assert getattr(getattr(load(file), table), key) == str(tmp_path / "emotion.tflite")
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    (fault,) = caught.value.lines
    assert fault.startswith(f"{file}, line 4: [{table}] {key}: there is no {tmp_path / 'emotion.tflite'}; ")
    (tmp_path / "emotion.tflite").write_text("secret")
    load(file, files=True)


@pytest.mark.parametrize(
    ("table", "key"),
    [("camera", "path"), ("vision", "cascade"), ("player", "password_file"), ("mqtt", "tls_ca")],
)
def test_a_named_pipe_is_a_fault(tmp_path: Path, table: str, key: str) -> None:
    file = tmp_path / "moodpid.toml"
    os.mkfifo(tmp_path / "pipe")
    more = 'source = "recording"\n' if table == "camera" else "tls = true\n" if table == "mqtt" else ""
    file.write_text(f'{PLAYLISTS}[{table}]\n{key} = "pipe"\n{more}')
    with pytest.raises(ConfigError, match="not a regular file, but a device or a pipe"):
        load(file, files=True)


@pytest.mark.parametrize("content", ["", "\n"])
def test_a_password_file_without_a_password_is_a_fault(tmp_path: Path, content: str) -> None:
    file, empty = tmp_path / "moodpid.toml", tmp_path / "empty"
    empty.write_text(content)
    file.write_text(f'{PLAYLISTS}[player]\npassword_file = "empty"\n')
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    (fault,) = caught.value.lines
    assert f"[player] password_file: {empty} is empty; write the password into it" in fault


def test_a_folder_is_no_model_and_a_sidecar_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    (tmp_path / "a.tflite").touch()
    file.write_text(f'{PLAYLISTS}[vision]\nmodel = "a.tflite"\ncascade = "."\n')
    with pytest.raises(ConfigError) as caught:
        load(file, files=True)
    sidecar, folder = caught.value.lines
    assert "there is no" in sidecar
    assert "a.json" in sidecar
    assert "but a folder" in folder


def test_files_of_disabled_parts_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text(
        f'{PLAYLISTS}[camera]\nsource = "recording"\npath = "."\n'
        '[mqtt]\nenabled = false\nusername = "me"\npassword_file = "none"\n'
    )
    load(file, files=True)


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "moodpid.toml"
    file.write_text('[camera]\nsource = "recording"\npath = "room.mp4"\n' + PLAYLISTS)
    assert load(file).camera.path == str(tmp_path / "room.mp4")
    assert load(file).vision.model == ""


@pytest.mark.parametrize("name", ["moodpid.toml", "demo.toml"])
def test_the_files_that_come_along_are_good(name: str) -> None:
    load(REPOSITORY / "config" / name)


def test_the_default_file_shows_the_defaults_of_the_code() -> None:
    text = (REPOSITORY / "config" / "moodpid.toml").read_text()
    shown = re.sub(r"(?m)^# (\w+ = )", r"\1", text).replace("port = 1883 ", "# ")
    written, defaults = parse(shown), Config()
    for table in ("device", "camera", "vision", "mood", "mqtt", "library", "web"):
        assert getattr(written, table) == getattr(defaults, table)
    no_lists = structs.replace(written.player, playlists=defaults.player.playlists, lift=defaults.player.lift)
    assert no_lists == defaults.player


def test_the_home_s_controls_begin_where_the_default_configuration_is() -> None:
    assert default_settings(Config()) == Settings()
    assert threshold_for(Settings().sensitivity) == pytest.approx(Config().mood.threshold)


def test_a_file_without_end_is_refused_after_its_first_megabyte(tmp_path: Path) -> None:
    endless = tmp_path / "moodpid.toml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="larger than"):
        load(endless)
