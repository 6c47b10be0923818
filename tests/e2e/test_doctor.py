"""The doctor tries each part for real, and says of a sick one what is wrong and what to do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid import doctor
from moodpid.cli import main
from moodpid.library import ffmpeg
from moodpid.mood.emotion import Emotion
from moodpid.system.raspberry_pi import Machine
from tests.support.daemon import configure, film
from tests.support.environment import require
from tests.support.servers import PrivateMosquitto, PrivateMpd

pytestmark = pytest.mark.e2e


@pytest.fixture
def mpd(library: Path) -> Iterator[PrivateMpd]:
    """A real MPD whose music goes somewhere."""
    require("mpd", "mpc")
    server = PrivateMpd(library)
    with (server.folder / "mpd.conf").open("a") as file:
        file.write('audio_output {\ntype "pipe"\nname "Speakers"\ncommand "cat >/dev/null"\n}\n')
    with server:
        yield server


@pytest.fixture(autouse=True)
def _any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heat, clock and services of the machine that the tests run on do not matter."""
    monkeypatch.setattr(doctor, "read_machine", Machine)
    monkeypatch.setattr(doctor, "read_clock", lambda: None)
    monkeypatch.setattr(doctor, "read_unit", lambda: None)


@pytest.fixture
def config(tmp_path: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto) -> Path:
    return configure(tmp_path, film(tmp_path / "film", (Emotion.HAPPY, 1.0)), mpd, mosquitto)


def findings(config: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[dict[str, str]]]]:
    code = main(["doctor", "--json", "--config", str(config)])
    by_subject: dict[str, list[dict[str, str]]] = {}
    for line in capsys.readouterr().out.splitlines():
        finding = json.loads(line)
        by_subject.setdefault(finding["subject"], []).append(finding)
    return code, by_subject


def sick(found: list[dict[str, str]]) -> list[dict[str, str]]:
    return [finding for finding in found if not finding["ok"]]


def test_a_healthy_house_is_found_healthy(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = findings(config, capsys)
    assert (code, [f for one in found.values() for f in sick(one)]) == (0, [])
    assert {"model", "camera", "systemd"} < set(found)
    assert "640 x 480" in found["camera"][0]["message"]


def test_servers_that_are_missing_are_named_with_a_remedy(
    config: Path, capsys: pytest.CaptureFixture[str], mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    mpd.stop()
    mosquitto.stop()
    code, found = findings(config, capsys)
    ailing = [f for one in found.values() for f in sick(one)]
    assert code == 1
    assert len(ailing) == 2
    assert all(
        f["remedy"] and str(port) in f["message"]
        for f, port in zip(ailing, (mpd.port, mosquitto.port), strict=True)
    )


def test_a_silent_player_is_reported_with_its_remedy(
    config: Path, capsys: pytest.CaptureFixture[str], mpd: PrivateMpd
) -> None:
    mpd.mpc("disable", "Speakers")
    code, found = findings(config, capsys)
    assert code == 1
    (finding,) = sick(found["sound"])
    assert finding["remedy"] == f"mpc -h 127.0.0.1 -p {mpd.port} enable 2"


def test_a_playlist_that_is_missing_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], mpd: PrivateMpd
) -> None:
    mpd.mpc("rm", "Happy")
    code, found = findings(config, capsys)
    assert code == 1
    assert any("Happy" in f["message"] for one in found.values() for f in sick(one))


@pytest.mark.parametrize(
    ("line", "subject"),
    [('[vision]\nmodel = "none.tflite"', "model"), ('[camera]\nsource = "webcam"\ndevice = 99', "camera")],
)
def test_a_faulty_part_does_not_stop_the_other_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, subject: str
) -> None:
    config = tmp_path / "moodpid.toml"
    config.write_text(f"{line}\n[player]\nenabled = false\n[mqtt]\nenabled = false\n")
    code, found = findings(config, capsys)
    assert code == 1
    assert sick(found[subject])[0]["remedy"]
    assert {"model", "camera", "systemd"} <= set(found)


def test_people_get_lines_to_read_out(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines)


def test_whatever_playlists_and_forget_complain_of_begins_with_our_name(
    config: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto
) -> None:
    mpd.mpc("rm", "Happy")
    mosquitto.stop()
    for words in (["playlists", "--dry-run", "happy"], ["forget"]):
        verb = [sys.executable, "-m", "moodpid", *words, "--config", str(config)]
        done = subprocess.run(verb, check=False, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        assert all(line.startswith("moodpid: ") for line in done.stderr.splitlines())
        assert done.stderr


def test_playlists_tells_what_each_mood_would_play(
    config: Path, capsys: pytest.CaptureFixture[str], mpd: PrivateMpd
) -> None:
    assert main(["playlists", "--config", str(config)]) == 0
    assert "3 songs in Happy" in capsys.readouterr().out
    assert main(["playlists", "--dry-run", "happy", "--config", str(config)]) == 0
    assert "happy/" in capsys.readouterr().out
    mpd.mpc("rm", "Happy")
    assert main(["playlists", "--config", str(config)]) == 1
    assert "happy     nothing to play: Happy cannot be used" in capsys.readouterr().out
    assert main(["playlists", "--dry-run", "happy", "--config", str(config)]) == 1
    mpd.stop()
    capsys.readouterr()
    assert main(["playlists", "--config", str(config)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def by_sound(config: Path, more: str = "") -> None:
    """Let all moods play by sound, as a configuration that names no list does."""
    text = config.read_text(encoding="utf-8")
    head, _, rest = text.partition("[player.playlists]")
    _, bracket, after = rest.partition("\n[")
    config.write_text(f"{head}{bracket.lstrip()}{after}\n{more}", encoding="utf-8")


def test_songs_without_analysis_are_one_fault_not_one_a_mood(
    config: Path, mpd: PrivateMpd, capsys: pytest.CaptureFixture[str]
) -> None:
    require("ffmpeg")
    by_sound(config, f'[library]\nmusic = "{mpd.music}"\n')
    _, found = findings(config, capsys)
    assert [finding["subject"] for one in found.values() for finding in sick(one)] == ["library"]
    assert found["library"][0]["remedy"] == "sudo -u moodpid moodpid analyse"


def test_a_music_folder_out_of_reach_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require("ffmpeg")
    by_sound(config)
    _, found = findings(config, capsys)  # an MPD on a port, without its socket where Debian has it
    (fault,) = sick(found["library"])
    assert "set music in [library]" in fault["message"]
    assert fault["remedy"] == "sudoedit /etc/moodpid/moodpid.toml"


def test_without_ffmpeg_it_says_what_to_install(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_sound(config)
    monkeypatch.setenv("PATH", "/nowhere")
    _, found = findings(config, capsys)
    assert [fault["remedy"] for fault in sick(found["library"])] == [ffmpeg.INSTALL]
