"""Secrets come from files and systemd credentials, never from the configuration."""

import os
from pathlib import Path

import pytest

from moodpid.errors import ConfigError
from moodpid.system import credentials
from moodpid.system.credentials import read_secret, refuse_empty


def test_a_credential_of_the_service_manager_is_read(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("secret\n")
    assert read_secret("mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "secret"


def test_a_file_that_is_named_goes_first(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("one")
    (tmp_path / "own").write_text(" two \r\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret("mqtt-password", str(tmp_path / "own"), environment) == " two "


def test_no_secret_is_an_empty_one(tmp_path: Path) -> None:
    assert read_secret("mqtt-password", environment={}) == ""
    assert read_secret("mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(tmp_path)}) == ""


def test_an_unreadable_file_is_named_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none: the file for mqtt-password cannot be read"):
        read_secret("mqtt-password", str(tmp_path / "none"), {})
    (tmp_path / "bytes").write_bytes(b"\xff\xfesecret")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_secret("mqtt-password", str(tmp_path / "bytes"), {})


@pytest.mark.parametrize("content", ["", "\n", "\r\n"])
def test_a_named_file_without_a_password_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "own").write_text(content)
    with pytest.raises(ConfigError, match="own: the file for mqtt-password is empty"):
        read_secret("mqtt-password", str(tmp_path / "own"), {})


def test_an_empty_line_is_no_password_an_empty_file_invalid(
    tmp_path: Path,
) -> None:
    credential, environment = tmp_path / "mqtt-password", {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    credential.write_text("\n")  # as SetCredential= in systemd/moodpid.service has it
    assert read_secret("mqtt-password", environment=environment) == ""
    refuse_empty(credential, "mqtt-password")
    credential.write_text("")
    with pytest.raises(ConfigError, match="is empty"):
        read_secret("mqtt-password", environment=environment)
    with pytest.raises(ConfigError, match="is empty"):
        refuse_empty(credential, "mqtt-password")


def test_a_byte_order_mark_is_no_part_of_the_secret(tmp_path: Path) -> None:
    (tmp_path / "own").write_bytes(b"\xef\xbb\xbfsecret\r\n")
    assert read_secret("mqtt-password", str(tmp_path / "own"), {}) == "secret"


@pytest.mark.parametrize("content", [b"secret\nclear\n", b"sec\x00ret", b"sec\x1bret", b"s" * 5000])
def test_what_cannot_be_one_password_is_refused_without_a_quote(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_secret("mqtt-password", str(tmp_path / "own"), {})
    assert "sec" not in str(refused.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own")
    with pytest.raises(ConfigError, match="not a regular file"):
        read_secret("mqtt-password", str(tmp_path / "own"), {})


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"one\ntwo\n", "one line"), (b"\xff", "not UTF-8"), (b"", "is empty"), (b"s" * 5000, "larger")],
)
def test_a_fault_of_systemd_s_copy_names_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, fault: str
) -> None:
    monkeypatch.setattr(credentials, "_COPIES", tmp_path)
    copies = tmp_path / "moodpid.service"
    copies.mkdir()
    (copies / "mqtt-password").write_bytes(content)
    with pytest.raises(ConfigError, match=f"^/etc/moodpid/mqtt-password: .*{fault}") as refused:
        read_secret("mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(copies)})
    assert str(tmp_path) not in str(refused.value)
