"""`moodpid check` finds what ends the service though this user, such as root, may read it."""

import importlib
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moodpid import file_access
from moodpid.cli import check, main
from moodpid.config import load
from moodpid.config.exposed_secrets import find_exposed
from moodpid.doctor import service
from moodpid.errors import ExitCode, FileAccessError
from moodpid.file_access import service_account
from moodpid.system import unit_limits
from moodpid.system.credentials import read_secret
from moodpid.system.unit_limits import HiddenFolders
from tests.support.accounts import install_service, open_folder, without_rights
from tests.support.config_text import GOOD

SECRETS = GOOD + '[mqtt]\nusername = "me"\n'


@pytest.fixture
def installed(install: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The configuration of a service whose user is not this one."""
    with open_folder() as folder:
        file = folder / "moodpid.toml"
        file.write_text(SECRETS)
        file.chmod(0o644)
        install(file)
        install_service(monkeypatch, os.geteuid() + 1)
        monkeypatch.setattr(file_access, "CONFIG_FOLDER", folder)
        monkeypatch.setattr(check, "service_account", service_account)
        yield file
        folder.chmod(0o755)


def faults(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What `moodpid check` finds, which it is to end with 78 for."""
    assert main(["check"]) == ExitCode.CONFIG
    return capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("installed")
def test_a_configuration_that_all_may_read_is_good() -> None:
    assert main(["check"]) == ExitCode.OK


@pytest.mark.parametrize("closed", ["the file", "its folder"])
def test_a_configuration_closed_to_the_service_is_a_fault(
    installed: Path, capsys: pytest.CaptureFixture[str], closed: str
) -> None:
    folder = installed.parent
    (installed if closed == "the file" else folder).chmod(0o600 if closed == "the file" else 0o700)
    command = f"sudo chmod a+r {installed}" if closed == "the file" else f"sudo chmod 755 {folder}"
    assert faults(capsys) == [f"moodpid: {installed}: the user moodpid may not read it; {command}"]


@pytest.mark.parametrize(
    ("key", "command"),
    [("password_file", "sudo chgrp moodpid {0} && sudo chmod 640 {0}"), ("tls_ca", "sudo chmod a+r {0}")],
)
def test_a_named_file_closed_to_the_service_is_a_fault(
    installed: Path, capsys: pytest.CaptureFixture[str], key: str, command: str
) -> None:
    file = installed.with_name("a file")
    file.write_text("rhubarb\n")
    file.chmod(0o600)
    installed.write_text(f'{SECRETS}tls = true\n{key} = "a file"\n')
    fault = f"[mqtt] {key}: {file}: the user moodpid may not read it"
    remedy = command.format(shlex.quote(str(file)))
    assert faults(capsys) == [f"moodpid: {fault}; {remedy}"]
    (finding,) = service.check_files(load(installed))
    assert (finding.ok, finding.message, finding.remedy) == (False, fault, remedy)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"one\ntwo\n", "must hold one line of text"), ("Bär\n".encode("latin-1"), "UTF-8")],
)
def test_a_password_that_the_service_rejects_is_a_fault(
    installed: Path, capsys: pytest.CaptureFixture[str], content: bytes, fault: str, named: bool
) -> None:
    file = installed.with_name("mqtt-password")
    file.write_bytes(content)
    if named:
        installed.write_text(f'{SECRETS}password_file = "mqtt-password"\n')
        file.chmod(0o644)
    (line,) = faults(capsys)
    assert line.startswith(f"moodpid: {file}: the file for mqtt-password ")
    assert fault in line


def test_a_password_only_the_service_may_read_is_no_fault(installed: Path) -> None:
    installed.with_name("mqtt-password").write_bytes(b"rhubarb")
    installed.with_name("mqtt-password").chmod(0)
    with without_rights():
        assert main(["check"]) == ExitCode.OK


def test_without_a_service_this_user_s_own_rights_count(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand = installed.with_name("other.toml")
    by_hand.write_text(f'{SECRETS}password_file = "closed"\n')
    by_hand.chmod(0o644)
    installed.with_name("closed").write_text("rhubarb")
    installed.with_name("closed").chmod(0)
    with without_rights():
        assert main(["check", "--config", str(by_hand)]) == ExitCode.CONFIG
    assert "closed: the file for mqtt-password cannot be read: Permission denied" in capsys.readouterr().err


def test_without_rights_a_verb_ends_with_1_run_with_78(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.write_text(f'{SECRETS}[player]\npassword_file = "closed"\n'.replace(GOOD, ""))
    closed = installed.with_name("closed")
    closed.write_text("rhubarb")
    closed.chmod(0)
    importlib.import_module("moodpid.app")  # its files may be closed to the other user
    with without_rights():
        assert main(["playlists"]) == ExitCode.SOME_FAILED
        assert main(["run"]) == ExitCode.CONFIG
    assert (
        "closed: the file for mpd-password cannot be read: Permission denied; sudo "
        in capsys.readouterr().err
    )


def test_a_credential_behind_a_closed_folder_is_no_bug(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = installed.with_name("closed")
    closed.mkdir()
    (closed / "secret").write_text("rhubarb")
    link = installed.with_name("mqtt-password")
    link.symlink_to(closed / "secret")
    closed.chmod(0)
    with without_rights():
        assert main(["check"]) == ExitCode.OK  # systemd reads it as root
        with pytest.raises(FileAccessError, match=f"{link}: .*Permission denied"):
            read_secret("mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(link.parent)})
    assert "bug" not in capsys.readouterr().err


def test_a_credential_that_leads_nowhere_is_a_fault(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = installed.with_name("mqtt-password")
    link.symlink_to("nowhere")
    (line,) = faults(capsys)
    assert line.startswith(f"moodpid: {link}: the file for mqtt-password cannot be read: No such file")


@pytest.mark.parametrize("closed", [True, False])
def test_a_password_in_a_closed_folder_is_not_exposed(installed: Path, closed: bool) -> None:
    folder = installed.with_name("passwords")
    folder.mkdir()
    secret = folder / "broker"
    secret.write_text("rhubarb")
    secret.chmod(0o644)
    folder.chmod(0o700 if closed else 0o755)
    installed.write_text(f'{SECRETS}password_file = "{secret}"\n')
    assert bool(list(find_exposed(load(installed)))) is not closed


def test_a_configuration_that_systemd_hides_is_a_fault(
    installed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = installed.with_name("home")
    home.mkdir()
    real = installed.rename(home / "moodpid.toml")
    installed.symlink_to(real)
    monkeypatch.setattr(unit_limits, "read_hidden_folders", lambda _: HiddenFolders((str(home),)))
    fault = f"{installed} leads to a folder that systemd hides from the service"
    copy = f"put a copy there: sudo cp --remove-destination --no-preserve=mode {real} {installed}"
    assert faults(capsys) == [f"moodpid: {fault}; {copy}"]


def test_a_part_that_is_off_by_default_misses_no_file(installed: Path) -> None:
    installed.write_text(f'{SECRETS}[web]\npassword_file = "none"\n')
    assert main(["check"]) == ExitCode.OK
