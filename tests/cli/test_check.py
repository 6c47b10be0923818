"""`moodpid check` names every fault, and a password that others can read."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moodpid.cli import main
from moodpid.config import load
from moodpid.doctor import service
from moodpid.doctor.servers import check_secrets
from moodpid.errors import ExitCode
from moodpid.system import unit_limits
from moodpid.system.unit_limits import HiddenFolders
from tests.support.accounts import open_folder
from tests.support.config_text import GOOD
from tests.support.rooms import FACES


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


@pytest.mark.parametrize("named", [False, True])
def test_check_names_an_empty_credential_of_the_service(
    config: Path, install: Callable[[Path], None], capsys: pytest.CaptureFixture[str], named: bool
) -> None:
    install(config)
    check = ["check", *(["--config", str(config)] if named else [])]
    assert main(check) == 0
    (config.parent / "mqtt-password").touch()
    assert main(check) == 78
    expected = f"moodpid: {config.parent / 'mqtt-password'}: the file for mqtt-password is empty; "
    assert capsys.readouterr().err.startswith(expected)
    config.write_text(GOOD + "[mqtt]\nenabled = false\n")
    assert main(check) == 0


@pytest.mark.parametrize("installed", [True, False])
def test_check_names_a_file_hidden_from_the_service(
    config: Path,
    install: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    installed: bool,
) -> None:
    home = config.parent / "home"
    home.mkdir()
    (home / "eyes.xml").touch()
    for module in (unit_limits, service):
        monkeypatch.setattr(module, "read_hidden_folders", lambda _: HiddenFolders((str(home),)))
    config.write_text(GOOD + '[vision]\ncascade = "home/eyes.xml"\n')
    if installed:
        install(config)
    found = main(["check", "--config", str(config)])
    assert found == (ExitCode.CONFIG if installed else ExitCode.OK)
    line = f"[vision] cascade: {home / 'eyes.xml'} is in a folder that systemd hides"
    assert (line in capsys.readouterr().err) is installed
    (finding,) = service.check_files(load(config))
    assert (finding.ok, line in finding.message) == (False, True)


def test_check_imports_nothing_heavy() -> None:
    code = (
        "import sys; from moodpid.cli import main; "
        f"main(['check', '--config', {str(FACES.parents[1] / 'config' / 'moodpid.toml')!r}]); "
        "heavy = ('numpy', 'cv2', 'paho', 'mpd', 'picamera2', 'asyncio', 'sqlite3'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("mode", "exposed"), [(0o644, True), (0o640, False), (0o600, False)])
def test_check_and_doctor_name_a_password_others_can_read(
    capsys: pytest.CaptureFixture[str], mode: int, exposed: bool
) -> None:
    with open_folder() as folder:
        secret, config = folder / "a password", folder / "moodpid.toml"
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
        cwd=Path(__file__).parents[2],
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
