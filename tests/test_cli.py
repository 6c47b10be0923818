"""Each verb does what its help says, and every bad input ends in one line and its exit code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from moodpid.cli import main
from moodpid.config import load
from moodpid.doctor.servers import check_secrets
from moodpid.errors import ExitCode
from moodpid.mood.emotion import Emotion
from moodpid.system.sd_notify import ServiceManager
from moodpid.system.systemctl import Unit
from moodpid.vision.cameras.demo_scene import ORDER
from moodpid.vision.opencv import cv2
from tests.support.rooms import FACES, room

GOOD = '[player.playlists]\nhappy = ["Happy"]\nsad = ["Sad"]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "moodpid.toml"
    file.write_text(GOOD)
    return file


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_check_says_that_a_good_file_is_good(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(config)]) == 0
    assert "good" in capsys.readouterr().out


def test_check_names_every_fault_on_a_line_of_its_own(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[mood]\ndwell = 3\nthreshold = 7\n" + GOOD)
    assert main(["check", "--config", str(config)]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "did you mean dwell_s?" in lines[0]


def test_check_names_a_file_that_is_missing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD + '[vision]\ncascade = "none.xml"\n')
    assert main(["check", "--config", str(config)]) == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert f"line 5: [vision] cascade: there is no {config.parent / 'none.xml'}" in line


def test_check_names_an_empty_credential_of_the_service(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("moodpid.cli.commands.DEFAULT_PATH", config)
    assert main(["check"]) == 0
    (config.parent / "mqtt-password").touch()
    assert main(["check"]) == 78
    told = f"moodpid: {config.parent / 'mqtt-password'}: the file for mqtt-password is empty; "
    assert capsys.readouterr().err.startswith(told)
    config.write_text(GOOD + "[mqtt]\nenabled = false\n")
    assert main(["check"]) == 0


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run", "--no-such"], ["classify"]])
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


def test_the_configuration_after_the_verb_wins(config: Path, tmp_path: Path) -> None:
    assert main(["--config", str(config), "check"]) == 0
    assert main(["--config", str(tmp_path / "none"), "check", "--config", str(config)]) == 0
    assert main(["--config", str(config), "check", "--config", str(tmp_path / "none")]) == 78


def buffered() -> dict[str, str]:
    """The environment, with Python's output buffered as people have it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def to_nobody(words: list[str], stderr: int | None = None) -> subprocess.CompletedProcess[str]:
    """`moodpid` with its output into a pipe that nobody reads; its errors too, unless they go elsewhere."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-m", "moodpid", *words],
            stdout=writer, stderr=stderr or writer, text=True, check=False, timeout=30, env=buffered(),
        )  # fmt: skip
    finally:
        os.close(writer)


@pytest.mark.parametrize("arguments", [["check"], ["replay", "--json"], ["--help"], ["check", "--help"]])
def test_output_that_nobody_reads_ends_it_quietly(config: Path, arguments: list[str]) -> None:
    named = [] if "--help" in arguments else ["--config", str(config)]
    done = to_nobody([*arguments, *named], subprocess.PIPE)
    assert done.returncode == ExitCode.PIPE
    # ai-edge-litert says hello
    assert not [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]


def test_faults_that_nobody_reads_end_it_quietly(config: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n" + GOOD)
    assert to_nobody(["check", "--config", str(config)]).returncode == ExitCode.PIPE


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["replay"],
        ["replay", "--json"],
        ["classify", str(FACES / "happy.png")],
        ["doctor"],
        ["check", "--help"],
    ],
)
def test_output_that_finds_no_room_is_told_in_one_line(config: Path, arguments: list[str]) -> None:
    config.write_text("[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    named = [] if "--help" in arguments else ["--config", str(config)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "moodpid", *arguments, *named],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30, env=buffered(),
        )  # fmt: skip
    assert done.returncode == ExitCode.SOME_FAILED
    told = [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]
    assert told == ["moodpid: the output cannot be written: No space left on device"]


def test_complaints_that_find_no_room_end_it_all_the_same(config: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n")
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "moodpid", "check", "--config", str(config)]
        done = subprocess.run(words, stdout=full, stderr=full, check=False, timeout=30, env=buffered())
    assert done.returncode == ExitCode.SOME_FAILED


def test_classify_prints_a_line_of_json_a_picture(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "happy.png"
    cv2.imwrite(str(file), room((Emotion.HAPPY, 200, 120, 200)))
    assert main(["classify", "--config", str(config), str(file), "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    (face,) = record["faces"]
    assert record["path"] == str(file)
    assert face["emotion"] == "happy"
    assert set(face) == {"box", "emotion", "confidence", "scores"}
    assert list(face["scores"]) == list(Emotion)
    assert len(face["box"]) == 4


def test_classify_reads_the_faces_that_come_along(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FACES / f"{emotion}.png") for emotion in Emotion]
    assert main(["classify", "--config", str(config), *files]) == 0
    read = [[face["emotion"] for face in record["faces"]] for record in records(capsys.readouterr().out)]
    assert read == [[emotion] for emotion in Emotion]


def test_classify_continues_after_a_bad_picture(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_text("no")
    cv2.imwrite(str(tmp_path / "good.png"), room())
    code = main(["classify", "--config", str(config), str(tmp_path / "bad.png"), str(tmp_path / "good.png")])
    printed = capsys.readouterr()
    assert code == 1
    assert "bad.png: not a picture" in printed.err
    assert records(printed.out) == [{"path": str(tmp_path / "good.png"), "faces": []}]


def test_replay_tells_what_was_felt_and_would_have_been_played(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        happy = room((Emotion.HAPPY, 200, 120, 200)) if number >= 8 else room()
        cv2.imwrite(str(tmp_path / f"{number:03}.png"), happy)
    assert main(["replay", str(tmp_path), "--json", "--config", str(config)]) == 0
    first, second = records(capsys.readouterr().out)
    assert (first["at"], first["mood"], first["faces"], first["play"]) == (0.0, "nobody", 0, None)
    assert (second["mood"], second["faces"], second["play"]) == ("happy", 1, "Happy")
    assert 2.0 < second["at"] < 4.5


def test_replay_with_looks_tells_every_look(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), room())
    assert main(["replay", str(tmp_path), "--json", "--looks", "--config", str(config)]) == 0
    looks = records(capsys.readouterr().out)
    assert [one["at"] for one in looks] == [0.0, 0.25, 0.5]
    assert set(looks[0]["scores"]) == set(Emotion)


def test_replay_with_looks_shows_people_the_scores_in_columns(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), room())
    cv2.imwrite(str(tmp_path / "1.png"), room((Emotion.HAPPY, 200, 120, 200)))
    assert main(["replay", str(tmp_path), "--looks", "--config", str(config)]) == 0
    for line in capsys.readouterr().out.splitlines():
        scores = re.findall(r"  ([a-z]+) +(\d+)(?= )", f"{line}  ")[1:]
        assert [name for name, _ in scores] == list(Emotion)
        assert sum(int(score) for _, score in scores) == pytest.approx(100, abs=4)


def test_replay_of_nothing_is_told(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "none"), "--config", str(config)]) == 1
    assert "none: no such file" in capsys.readouterr().err


def test_a_broken_video_is_told_in_our_words_alone(
    tmp_path: Path, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\1\0mdat" + bytes(300))
    assert main(["replay", str(broken), "--config", str(config)]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"moodpid: {broken}: not a video")


def test_a_missing_model_is_78_before_the_camera_opens(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config.write_text('[camera]\nsource = "webcam"\ndevice = 99\n[vision]\nmodel = "none.tflite"\n' + GOOD)
    assert main(["run", "--config", str(config)]) == 78
    assert "none.tflite: no such file" in caplog.text
    assert "webcam" not in caplog.text


def break_down(*_: object, **__: object) -> None:
    raise ZeroDivisionError("division by zero")


def test_a_bug_ends_the_service_with_70_and_is_logged(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    monkeypatch.setattr("moodpid.app.run", break_down)
    monkeypatch.setattr("moodpid.system.sd_notify.service_manager", lambda: ServiceManager(told.append))
    assert main(["run", "--config", str(config)]) == 70
    assert "please report it" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert told == ["STATUS=a bug in moodpid; see the journal"]


def test_a_bug_ends_a_verb_with_70_and_a_traceback(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("moodpid.app.classify", break_down)
    assert main(["classify", "--config", str(config), "x.png"]) == 70
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert told.splitlines()[-1] == "moodpid: a bug in moodpid; please report it with the lines above"


def test_what_is_switched_off_is_not_asked_and_forgets_nothing(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    assert main(["playlists", "--config", str(config)]) == 0
    assert main(["playlists", "--dry-run", "sad", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines() == ["player: switched off in [player]"] * 2
    assert main(["forget", "--config", str(config)]) == 1
    told = capsys.readouterr().err
    assert told == "moodpid: broker: switched off in [mqtt], so nothing was forgotten\n"


def test_check_imports_nothing_heavy() -> None:
    code = (
        "import sys; from moodpid.cli import main; "
        f"main(['check', '--config', {str(FACES.parents[1] / 'config' / 'moodpid.toml')!r}]); "
        "print([m for m in ('numpy', 'cv2', 'paho', 'mpd', 'picamera2', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_bundled_recording_is_felt_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    config = FACES.parents[1] / "config" / "demo.toml"
    assert main(["replay", "--json", "--config", str(config)]) == 0
    felt = [record["mood"] for record in records(capsys.readouterr().out)]
    assert felt == [str(shows or "nobody") for shows in ORDER]


def run_in_process(
    verb: str, config: Path, stderr: Path, *, close_stderr: bool = False, encoding: str = "utf-8"
) -> int:
    """Run a verb in a process of its own, as a shell without a UTF-8 locale or with `2>&-` would."""
    with stderr.open("wb") as file:
        return subprocess.run(
            [sys.executable, "-P", "-m", "moodpid", verb, "--config", str(config)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=file,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            preexec_fn=(lambda: os.close(2)) if close_stderr else None,
            timeout=60,
        ).returncode


def test_a_closed_standard_error_changes_no_exit_code(config: Path, tmp_path: Path) -> None:
    config.write_text("[mood]\ndwell = 3\n")
    assert run_in_process("check", config, tmp_path / "err", close_stderr=True) == ExitCode.CONFIG
    assert run_in_process("run", config, tmp_path / "err", close_stderr=True) == ExitCode.CONFIG


def test_a_terminal_without_utf_8_shows_escapes(config: Path, tmp_path: Path) -> None:
    config.write_text('[player.playlists]\n"日本" = ["Happy"]\n', encoding="utf-8")
    assert run_in_process("check", config, tmp_path / "err", encoding="ascii") == ExitCode.CONFIG
    assert rb"\u65e5\u672c" in (tmp_path / "err").read_bytes()


def test_control_characters_of_file_names_stay_off_the_terminal(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "\x1b[31mred\x07.jpg"
    picture.write_bytes(b"no picture")
    assert main(["classify", str(picture), "--config", str(config)]) == ExitCode.SOME_FAILED
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(("mode", "exposed"), [(0o644, True), (0o640, False), (0o600, False)])
def test_check_and_doctor_name_a_password_others_can_read(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int, exposed: bool
) -> None:
    secret = tmp_path / "a password"
    secret.write_text("secret\n")
    secret.chmod(mode)
    config.write_text(
        '[player]\nenabled = false\n[mqtt]\nport = 9\nusername = "me"\npassword_file = "a password"\n'
    )
    assert main(["check", "--config", str(config)]) == ExitCode.OK
    remedy = f"sudo chmod o= '{secret}'"
    assert (remedy in capsys.readouterr().err) is exposed
    findings = [finding.remedy for finding in check_secrets(load(config))]
    assert findings == ([remedy] if exposed else [])


@pytest.mark.parametrize("arguments", [["check"], ["classify", str(FACES / "happy.png")]])
@pytest.mark.parametrize("missing", ["msgspec", "numpy"])
def test_a_missing_library_is_named_with_its_install_command(
    tmp_path: Path, config: Path, arguments: list[str], missing: str
) -> None:
    # As in a system where the package was unpacked by dpkg alone
    (tmp_path / f"{missing}.py").write_text(f"raise ModuleNotFoundError(name={missing!r})")
    done = subprocess.run(
        [sys.executable, "-m", "moodpid", *arguments, "--config", str(config)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if (missing, arguments[0]) == ("numpy", "check"):
        assert done.returncode == 0
    else:
        line = f"moodpid: the Python package {missing} is missing: sudo apt --fix-broken install\n"
        assert (done.stderr, done.returncode) == (line, 70)


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


def test_a_running_service_keeps_what_it_learned_of_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("moodpid.app.read_unit", lambda: Unit(load="loaded", active="active"))
    (tmp_path / "room.json").write_text("{}")
    assert main(["forget", "--room"]) == ExitCode.SOME_FAILED
    assert "sudo systemctl stop moodpid" in capsys.readouterr().err
    assert (tmp_path / "room.json").exists()
