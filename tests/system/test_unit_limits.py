"""What systemd keeps a unit from is asked with systemctl, and nothing is made of its silence."""

from pathlib import Path

import pytest

from moodpid.system.unit_limits import AddressFilter, HiddenFolders, read_address_filter, read_hidden_folders

UNIT = "moodpid.service"
HOMES = {"/home/pi/x", "/root/x", "/run/user/1/x"}
TEMPORARY = {"/tmp/x", "/var/tmp/x"}  # noqa: S108 - not used
OTHERS = {"/etc/moodpid/x", "/homes/x"}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `systemctl show` prints; there is no systemctl before it is written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "systemctl").write_text(
        f'#!/bin/sh\nwhile read -r line; do echo "$line"; done <{tmp_path}/report\n'
    )
    (tmp_path / "systemctl").chmod(0o755)
    return tmp_path / "report"


def test_the_addresses_that_a_unit_may_reach_are_read(report: Path) -> None:
    report.write_text("IPAddressAllow=127.0.0.0/8 ::1/128 192.168.1.20/32\nIPAddressDeny=0.0.0.0/0 ::/0\n")
    may_reach = read_address_filter(UNIT)
    addresses = ("127.0.0.1", "::1", "192.168.1.20", "192.168.1.21", "fe80::1")
    assert [may_reach.admits(address) for address in addresses] == [True, True, True, False, False]


def test_a_unit_without_limits_may_reach_and_see_all(report: Path) -> None:
    assert read_address_filter(UNIT) == AddressFilter()
    assert read_hidden_folders(UNIT) == HiddenFolders()
    report.write_text("IPAddressAllow=\nIPAddressDeny=\nProtectHome=no\nPrivateTmp=no\nBindPaths=\n")
    assert read_address_filter(UNIT).admits("192.168.1.20")
    assert not read_hidden_folders(UNIT).hides("/home/pi/model.onnx")


@pytest.mark.parametrize(
    ("home", "temporary", "hidden"),
    [
        ("yes", "yes", HOMES | TEMPORARY),
        ("read-only", "no", set()),
        ("tmpfs", "no", HOMES),
        ("no", "disconnected", TEMPORARY),
    ],
)
def test_folders_that_a_unit_cannot_see_are_read(
    report: Path, home: str, temporary: str, hidden: set[str]
) -> None:
    report.write_text(f"ProtectHome={home}\nPrivateTmp={temporary}\nBindPaths=\nBindReadOnlyPaths=\n")
    hides = read_hidden_folders(UNIT).hides
    assert {path for path in HOMES | TEMPORARY | OTHERS if hides(path)} == hidden


def test_what_is_bound_into_the_unit_is_seen(report: Path) -> None:
    report.write_text("ProtectHome=yes\nPrivateTmp=no\nBindReadOnlyPaths=/home/pi/m:/home/pi/m:rbind\n")
    hides = read_hidden_folders(UNIT).hides
    assert (hides("/home/pi/m/x"), hides("/home/pi/y")) == (False, True)


def test_a_link_into_a_hidden_folder_is_hidden(report: Path, tmp_path: Path) -> None:
    report.write_text("ProtectHome=yes\nPrivateTmp=no\n")
    (tmp_path / "link").symlink_to("/home/pi/x")
    assert read_hidden_folders(UNIT).hides(str(tmp_path / "link"))
