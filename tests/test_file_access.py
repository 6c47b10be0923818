"""A file that a user may not read is named with the command that lets that user read it."""

import importlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.config import Config, MpdConfig, MqttConfig, WebConfig, load, parse
from moodpid.config.referenced_files import find_unreadable
from moodpid.doctor.servers import check_broker, check_player
from moodpid.doctor.web import check_page
from moodpid.errors import ExitCode, FileAccessError
from moodpid.file_access import CONFIG_FOLDER, Account, closed_part, command_to_open
from moodpid.mqtt.tls import tls_context
from moodpid.system.credentials import read_secret
from tests.support.accounts import OTHER, install_service, open_folder, remove_service, without_rights

AS_SERVICE = "run the command with sudo -u moodpid"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def secret(folder: Path) -> Path:
    """A password file of another user."""
    file = folder / "mpd-password"
    file.write_text("rhubarb\n")
    file.chmod(0)
    return file


def stranger(*groups: int) -> Account:
    return Account("moodpid", os.geteuid() + 1, frozenset(groups))


@pytest.mark.parametrize(
    ("mode", "in_group", "closed"),
    [
        (0o600, True, True),
        (0o640, True, False),
        (0o640, False, True),
        (0o604, True, True),
        (0o644, False, False),
    ],
)
def test_owner_group_and_mode_decide_who_may_read(
    secret: Path, mode: int, in_group: bool, closed: bool
) -> None:
    secret.chmod(mode)
    account = stranger(*([secret.stat().st_gid] if in_group else []))
    assert closed_part(secret, account) == (secret if closed else None)


def test_the_owner_may_read_what_the_owner_s_mode_grants(secret: Path) -> None:
    owner = Account("moodpid", secret.stat().st_uid or OTHER, frozenset())
    if not secret.stat().st_uid:
        os.chown(secret, OTHER, -1)
    assert closed_part(secret, owner) == secret
    secret.chmod(0o400)
    assert closed_part(secret, owner) is None


def test_a_closed_folder_above_keeps_a_user_out(folder: Path) -> None:
    (folder / "in" / "there").mkdir(parents=True)
    file = folder / "in" / "there" / "file"
    file.touch(0o644)
    (folder / "in").chmod(0o744)
    assert closed_part(file, stranger()) == folder / "in"
    (folder / "link").symlink_to(file)
    assert closed_part(folder / "link", stranger()) == folder / "in"
    (folder / "in").chmod(0o711)
    assert closed_part(folder / "link", stranger()) is None


def test_what_cannot_be_found_out_is_no_fault(folder: Path) -> None:
    assert closed_part(folder / "none", stranger()) is None


def test_only_the_folder_of_the_configuration_is_opened(secret: Path) -> None:
    file = CONFIG_FOLDER / "mpd-password"
    assert command_to_open(CONFIG_FOLDER, file, stranger(), secret=True) == "sudo chmod 755 /etc/moodpid"
    moved = command_to_open(secret.parent, secret, stranger(), secret=True)
    there = CONFIG_FOLDER / secret.name
    assert moved == f"sudo install -m 640 -g moodpid {secret} /etc/moodpid, and name {there} instead"


@pytest.mark.parametrize("name", ["moodpid.toml", "emotion.tflite", "pictures"])
def test_no_remedy_replaces_the_service_s_own_files(folder: Path, name: str) -> None:
    named = folder / "closed" / name
    named.mkdir(parents=True) if name == "pictures" else named.parent.mkdir()
    remedy = command_to_open(named.parent, named, stranger(), secret=False)
    others = ", and the files that belong to it," if name == "emotion.tflite" else ""
    assert remedy == f"copy {named}{others} to a folder that the user moodpid may read, and name that one"


def test_a_recording_of_people_is_not_opened_to_everybody(secret: Path) -> None:
    config = parse(f'[camera]\nsource = "recording"\npath = "{secret}"\n', "")
    secret.chmod(0o600)
    ((_, remedy),) = find_unreadable(config, stranger(), lambda _: False)
    assert remedy == f"sudo chgrp moodpid {secret} && sudo chmod 640 {secret}"


@pytest.mark.parametrize("installed", ["for others", "for this user", "not at all"])
def test_the_remedy_depends_on_whose_service_it_is(
    secret: Path, monkeypatch: pytest.MonkeyPatch, installed: str
) -> None:
    user = os.geteuid() or OTHER
    if installed == "not at all":
        remove_service(monkeypatch)
    else:
        install_service(monkeypatch, uid=user if installed == "for this user" else user + 1)
    with without_rights(), pytest.raises(FileAccessError) as refused:
        read_secret("mpd-password", str(secret), {})
    lets_in = f"sudo chgrp moodpid {secret} && sudo chmod 640 {secret}"
    owner = f"sudo chown {pwd.getpwuid(user).pw_name} {secret}"
    assert refused.value.fault == f"{secret}: the file for mpd-password cannot be read: Permission denied"
    assert refused.value.remedy == (owner if installed == "not at all" else lets_in)


def test_what_the_service_may_read_is_left_to_it(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root's file of the group moodpid, as docs/install.md makes it
    install_service(monkeypatch, uid=(os.geteuid() or OTHER) + 1)
    monkeypatch.setattr("moodpid.file_access.closed_part", lambda *_: None)
    config = Config(
        player=MpdConfig(password_file=str(secret)),
        mqtt=MqttConfig(username="me", password_file=str(secret)),
        web=WebConfig(enabled=True, password_file=str(secret)),
    )
    # Their files may be closed to the other user
    for name in ("moodpid.mpd.probe", "moodpid.mqtt.probe"):
        importlib.import_module(name)
    with without_rights():
        found = [*check_player(config), *check_broker(config), check_page(config, None)]
    assert [(finding.ok, finding.remedy) for finding in found] == [(False, AS_SERVICE)] * 3
    assert all(finding.message.endswith("cannot be read: Permission denied") for finding in found)


def test_an_unreadable_configuration_is_named_with_its_chmod(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_service(monkeypatch)
    file = folder / "moodpid.toml"
    file.touch(0)
    with without_rights(), pytest.raises(FileAccessError) as refused:
        load(file)
    fault = f"{file}: cannot be read: Permission denied; sudo chmod a+r {file}"
    assert (str(refused.value), refused.value.exit_code) == (fault, ExitCode.SOME_FAILED)


@pytest.mark.parametrize("closed", ["tls_certificate", "tls_key"])
def test_of_the_files_for_tls_the_closed_one_is_named(folder: Path, closed: str) -> None:
    files = {key: folder / key for key in ("tls_certificate", "tls_key")}
    for key, file in files.items():
        file.touch(0o000 if key == closed else 0o644)
    settings = MqttConfig(
        tls=True, tls_certificate=str(files["tls_certificate"]), tls_key=str(files["tls_key"])
    )
    with without_rights(), pytest.raises(FileAccessError, match=rf"\[mqtt\] {closed}: .*Permission denied"):
        tls_context(settings)
