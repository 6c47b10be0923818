"""What goes wrong while `moodpid setup` asks costs neither a password nor a configuration."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from moodpid import wiring
from moodpid.cli import main, setup, setup_questions
from moodpid.cli.surroundings import Check
from moodpid.config import Config, load
from moodpid.doctor.discovery import Address
from moodpid.state import Finding
from moodpid.system.systemctl import Restart, Unit
from tests.support.setup_dialogue import Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")

DEFAULTS = ["setup", "--yes", "--camera", "recording", "--player", "-", "--broker", "-"]


class Locked(Here):
    """A machine whose player wants a password; none where that is empty."""

    def __init__(self, password: str) -> None:
        super().__init__(broker=None)
        self._password = password

    def checks(self) -> Mapping[str, Check]:
        def check_player(config: Config) -> list[Finding]:
            well = wiring.mpd_password(config) == self._password
            return [Finding(well, "player", "it works" if well else "refuses the password", "")]

        return {**super().checks(), "player": check_player}


class Leaver(Answers):
    """A user who gives up at a question that begins with these words."""

    def __init__(self, answers: Mapping[str, list[str]], leaves_at: str, how: type[BaseException]) -> None:
        super().__init__(answers)
        self._leaves_at, self._how = leaves_at, how

    def ask(self, question: str, default: str) -> str:
        if question.startswith(self._leaves_at):
            raise self._how
        return super().ask(question, default)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "moodpid.toml"


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "mpd-password"
    file.write_text("rhubarb\n")
    return file


@pytest.mark.parametrize("how", [EOFError, KeyboardInterrupt])
def test_who_gives_up_keeps_the_password(path: Path, password: Path, how: type[BaseException]) -> None:
    user = Leaver({"its password": ["typo"]}, "MQTT", how)
    with pytest.raises(how):
        run(path, answers=user)
    assert password.read_text() == "rhubarb\n"
    assert list(path.parent.iterdir()) == [password]


@pytest.mark.parametrize("answer", ["", "rhubarb"])
def test_enter_keeps_the_password_that_is_there(path: Path, password: Path, answer: str) -> None:
    well, config = run(path, here=Locked("rhubarb"), answers=Answers({"its password": [answer]}))
    assert well
    assert Path(config.player.password_file).read_text() == password.read_text() == "rhubarb\n"


def test_a_dash_removes_the_password_that_is_there(path: Path, password: Path) -> None:
    well, config = run(path, here=Locked(""), answers=Answers({"its password": ["-"]}))
    assert well
    assert config.player.password_file == ""
    assert not password.exists()


@pytest.mark.parametrize("second", ["-", "192.168.1..5"])
def test_a_password_that_did_not_do_is_not_written(path: Path, password: Path, second: str) -> None:
    user = Answers({"MPD": ["nowhere", second], "its password": ["typo", "typo"]})
    run(path, here=Here(broken=("nowhere",)), answers=user)
    assert password.read_text() == "rhubarb\n"


def test_a_password_without_a_user_name_is_no_answer(path: Path, password: Path) -> None:
    arguments = ("--broker", "localhost", "--broker-password-file", str(password))
    user = Answers({}, agrees=True)
    well, _ = run(path, *arguments, answers=user)
    assert not well
    assert any("--broker-username" in line for line in user.lines)


def test_a_mistyped_password_is_asked_for_again(path: Path) -> None:
    user = Answers({"its password": ["rubarb", "rhubarb"]})
    well, config = run(path, here=Locked("rhubarb"), answers=user)
    assert well
    assert Path(config.player.password_file).read_text() == "rhubarb\n"
    assert any("refuses the password" in line for line in user.lines)


@pytest.mark.parametrize(
    ("question", "wrong", "why"),
    [
        ("Name", "Kitchn\x1b[De", "one line of text"),
        ("Name", "K\udcfcche", "no UTF-8"),
        ("MPD", "anna:rhubarb@10.0.0.2", "before an @"),
        ("MQTT", "192.168.1..5", "cannot be the name or address"),
    ],
)
def test_an_answer_that_cannot_be_is_asked_for_again(path: Path, question: str, wrong: str, why: str) -> None:
    user = Answers({question: [wrong]})
    well, _ = run(path, here=Here(broker=Address("localhost", 1883)), answers=user)
    assert well
    (line,) = (line for line in user.lines if "BAD" in line)
    assert why in line
    assert "rhubarb" not in line


def test_every_replaced_configuration_is_kept(path: Path) -> None:
    for text in (b"# mine\n", "# für mich\n".encode("latin-1")):
        path.write_bytes(text)
        run(path, "--replace")
    assert path.with_name("moodpid.toml.old").read_bytes() == b"# mine\n"
    assert path.with_name("moodpid.toml.old.2").read_bytes() == b"# f\xfcr mich\n"


def test_a_link_to_the_configuration_stays_one(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "moodpid.toml"
    real.parent.mkdir()
    real.write_text("# mine\n")
    path.symlink_to(real)
    run(path, "--replace")
    assert path.is_symlink()
    assert "[camera]" in real.read_text()


def test_a_relative_path_finds_its_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    _, config = run(Path("conf/moodpid.toml"), answers=Answers({"its password": ["rhubarb"]}))
    assert config.player.password_file == str(tmp_path / "conf" / "mpd-password")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(30, "Read-only file system", "/etc/x.new"), "/etc/x.new: Read-only file system"),
        (
            PermissionError(13, "Permission denied", "/etc/x"),
            "/etc/x: Permission denied; try: sudo moodpid setup --config {path}",
        ),
        (KeyboardInterrupt(), "interrupted in the midst of writing: look at {path}"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    line: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(setup_questions, "replace_text", fail)
    nothing = ["--camera", "recording", "--player", "-", "--broker", "-"]
    assert main(["setup", "--yes", *nothing, "--config", str(path)]) == 1
    assert capsys.readouterr().err == f"moodpid: {line.format(path=path)}\n"


def test_who_may_not_write_is_told_before_any_question(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda folder, _mode: folder != path.parent)
    assert main(["setup", "--yes", "--config", str(path)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    remedy = f"sudo moodpid setup --config {path}"
    assert output.err == f"moodpid: {path.parent}: Permission denied; try: {remedy}\n"


@pytest.mark.usefixtures("_installed")
def test_the_service_s_file_is_not_named_as_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert main(["setup", "--yes"]) == 1
    assert capsys.readouterr().err.endswith("; try: sudo moodpid setup\n")


@pytest.fixture
def _installed(path: Path, install: Callable[[Path], None]) -> None:
    """Make it the configuration of the service."""
    install(path)


@pytest.mark.parametrize(
    ("restarted", "ends"),
    [
        (Restart.DONE, (0, "moodpid.service is restarted; systemctl status moodpid shows how it is")),
        (
            Restart.FAILED,
            (1, "does not get ready (mqtt-password is empty); journalctl -u moodpid tells more"),
        ),
        (Restart.NOT_TRIED, (0, "")),
    ],
)
@pytest.mark.usefixtures("_installed")
def test_a_service_that_does_not_come_back_is_no_success(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restarted: Restart,
    ends: tuple[int, str],
) -> None:
    monkeypatch.setattr(setup, "restart_unit", lambda: restarted)
    monkeypatch.setattr(setup, "read_unit", lambda: Unit("loaded", "failed", "mqtt-password is empty"))
    code = main(DEFAULTS)
    output = capsys.readouterr()
    (*_, last) = (output.out + output.err).splitlines()
    assert code == ends[0]
    assert ends[1] in last
    assert ("moodpid.service" in last) is bool(ends[1])


@pytest.mark.parametrize("way", ["moodpid.toml", "../etc/moodpid.toml"])
def test_the_service_restarts_however_its_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: Callable[[Path], None], way: str
) -> None:
    (tmp_path / "etc").mkdir()
    install(tmp_path / "etc" / "moodpid.toml")
    monkeypatch.setattr(setup, "restart_unit", lambda: Restart.FAILED)
    assert main([*DEFAULTS, "--config", str(tmp_path / "etc" / way)]) == 1


def test_letters_that_are_no_utf_8_are_asked_for_again(path: Path) -> None:
    command = [sys.executable, "-m", "moodpid", "setup", "--camera", "recording", "--player", "-", "--config"]
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*command, str(path), "--broker", "-"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUTF8": "1"},
    ) as asked:
        os.close(terminal)
        try:
            os.write(controller, b"K\xfcche\nn\nKitchen\n")
            output, _ = asked.communicate(timeout=30)
        finally:
            asked.kill()
            os.close(controller)
    assert asked.returncode == 0, output
    assert b"no UTF-8" in output
    assert load(path).device.name == "Kitchen"
