"""A wrong command line, a missing file, and a bug each end in their exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moodpid import doctor, wiring
from moodpid.cli import main
from moodpid.config import Config
from moodpid.errors import ExitCode
from moodpid.state import Finding
from moodpid.system.sd_notify import ServiceManager
from moodpid.system.systemctl import Unit
from tests.support.config_text import GOOD


def break_down(*_: object, **__: object) -> None:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["run", "--no-such"],
        ["classify"],
        ["analyse", "--limit", "0"],
        ["analyse", "--limit", "-1"],
        ["analyse", "--limit", "2.5"],
        ["analyse", "--stop-after", "0"],
        ["analyse", "--stop-after", "nan"],
        ["analyse", "--stop-after", "soon"],
        ["setup", "--broker-password", "rhubarb"],  # is to be the file's name
    ],
)
def test_a_wrong_command_line_is_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 64
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["chekc"], "did you mean check? There are run, check,"),
        (["playlists", "--dry-run", "hapy"], "did you mean happy? There are angry,"),
        (["sing"], "unknown 'sing'. There are run,"),
    ],
)
def test_a_misspelt_word_gets_a_suggestion(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert meant in capsys.readouterr().err


def test_doctor_plays_a_tone_only_when_asked(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def examine(_config: Config, *, sound: bool, **_: object) -> tuple[Finding, ...]:
        asked.append(sound)
        return ()

    monkeypatch.setattr(doctor, "examine", examine)
    for arguments in (["--sound"], []):
        assert main(["doctor", *arguments, "--config", str(config)]) == 0
    assert asked == [True, False]


def test_the_configuration_after_the_verb_wins(config: Path, tmp_path: Path) -> None:
    assert main(["--config", str(config), "check"]) == 0
    assert main(["--config", str(tmp_path / "none"), "check", "--config", str(config)]) == 0
    assert main(["--config", str(config), "check", "--config", str(tmp_path / "none")]) == 78


def test_a_missing_model_is_78_before_the_camera_opens(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config.write_text('[camera]\nsource = "webcam"\ndevice = 99\n[vision]\nmodel = "none.tflite"\n' + GOOD)
    assert main(["run", "--config", str(config)]) == 78
    assert "none.tflite: no such file" in caplog.text
    assert "webcam" not in caplog.text


def test_a_bug_ends_the_service_with_70_and_is_logged(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reported: list[str] = []
    monkeypatch.setattr("moodpid.app.run", break_down)
    monkeypatch.setattr("moodpid.system.sd_notify.service_manager", lambda: ServiceManager(reported.append))
    assert main(["run", "--config", str(config)]) == 70
    assert "please report it" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert reported == ["STATUS=a bug in moodpid; see the journal"]


def test_a_bug_ends_a_verb_with_70_and_a_traceback(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("moodpid.app.classify", break_down)
    assert main(["classify", "--config", str(config), "x.png"]) == 70
    reported = capsys.readouterr().err
    assert "ZeroDivisionError" in reported
    assert reported.splitlines()[-1] == "moodpid: a bug in moodpid; please report it with the lines above"


def test_playlists_asks_no_player_that_is_switched_off(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[player]\nenabled = false\n")
    assert main(["playlists", "--config", str(config)]) == 0
    assert main(["playlists", "--dry-run", "sad", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines() == ["player: switched off in [player]"] * 2


@pytest.mark.parametrize("reached", [True, False])
def test_forget_asks_the_named_broker_though_it_is_off(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reached: bool
) -> None:
    config.write_text('[mqtt]\nenabled = false\nhost = "10.0.0.4"\n')
    asked = []

    def forget(config: Config) -> list[Finding]:
        asked.append(config.mqtt.host)
        return [Finding(reached, "broker", "all is gone" if reached else "no route to host")]

    monkeypatch.setattr("moodpid.app.forget", forget)
    assert main(["forget", "--config", str(config)]) == (0 if reached else 1)
    assert asked == ["10.0.0.4"]
    assert ("set host in [mqtt] to the broker that it was on" in capsys.readouterr().err) is not reached


def test_what_was_learned_of_the_room_is_forgotten_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("moodpid.app.read_unit", lambda: None)
    (tmp_path / "room.json").write_text("{}")
    for says in ("what was learned is forgotten", "nothing was learned"):
        assert main(["forget", "--room"]) == ExitCode.OK
        assert says in capsys.readouterr().out
    assert not (tmp_path / "room.json").exists()


@pytest.mark.parametrize("state", ["active", "activating"])
def test_a_running_service_keeps_what_it_learned_of_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("moodpid.app.read_unit", lambda: Unit("loaded", state, main_pid=812))
    (tmp_path / "room.json").write_text("{}")
    assert main(["forget", "--room"]) == ExitCode.SOME_FAILED
    assert "sudo systemctl stop moodpid" in capsys.readouterr().err
    assert (tmp_path / "room.json").exists()


@pytest.mark.parametrize(("trigger", "code"), [("moodpid-analyse.timer", 0), ("", 1)])
def test_without_a_player_only_the_timer_ends_well(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trigger: str,
    code: int,
) -> None:
    config = tmp_path / "moodpid.toml"
    config.write_text('[player]\nenabled = false\n[library]\nanalyse = "nightly"\n')
    if trigger:
        monkeypatch.setenv("TRIGGER_UNIT", trigger)
    assert main(["analyse", "--nightly", "--config", str(config)]) == code
    output = capsys.readouterr()
    assert "switched off in [player]" in output.out + output.err


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.usefixtures("_credentials")
def test_the_service_s_configuration_brings_its_passwords(
    config: Path, monkeypatch: pytest.MonkeyPatch, install: Callable[[Path], None], named: bool
) -> None:
    install(config)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    (config.parent / "mpd-password").write_text("rhubarb\n")
    found = []

    def examine(config: Config, **_: object) -> tuple[Finding, ...]:
        found.append(wiring.mpd_password(config))
        return ()

    monkeypatch.setattr(doctor, "examine", examine)
    assert main(["doctor", *(["--config", str(config)] if named else [])]) == 0
    assert found == ["rhubarb"]


def test_a_relative_path_in_a_deleted_folder_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for verb in ("check", "playlists"):
        assert main([verb, "--config", "x.toml"]) == ExitCode.CONFIG
    line = "moodpid: x.toml: no such file; give another one with --config FILE"
    assert capsys.readouterr().err.splitlines() == [line] * 2


@pytest.mark.parametrize("module", ["dataclasses", "msgspec", "argparse"])
def test_ctrl_c_in_the_first_moments_ends_without_a_traceback(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "signal.raise_signal(signal.SIGINT)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "moodpid", "doctor"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stderr, done.returncode) == ("", ExitCode.OK)
