"""The doctor knows a Pi, tells of each fault why, and leaves to a running service what is the service's."""

import os
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid import doctor, wiring
from moodpid.config import AnalyseWhen, CameraConfig, CameraSource, Config, LibraryConfig, MpdConfig
from moodpid.doctor import library, vision
from moodpid.doctor.library import blocked_address, check_library
from moodpid.doctor.machine import check_clock, check_machine
from moodpid.doctor.service import changed_since, check_unit
from moodpid.doctor.vision import _camera_fault, _install, check_camera, service_with_camera
from moodpid.errors import CameraBusyError, CameraError, ConfigError
from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.state import AppState, CameraState, CameraStatus, Finding, PlayerState, PlayerStatus
from moodpid.status_line import format_status, parse_camera
from moodpid.system.raspberry_pi import Machine
from moodpid.system.systemctl import Clock, Unit
from moodpid.system.unit_limits import AddressFilter
from moodpid.text import clean
from moodpid.vision.cameras.diagnosis import diagnose_video_device

PI = Machine("Raspberry Pi 5", "Debian", asks_for_camera=True, camera_answers=True)
WATCHING = Unit("loaded", "active", "neutral; player: play")
GONE = CameraError("libcamera finds none")


def running(camera: CameraState) -> Unit:
    """The service, saying what it says of such a camera."""
    reported = format_status(AppState(camera, PlayerState(PlayerStatus.STOP)))
    return Unit("loaded", "active", reported)


def webcam(device: int) -> Config:
    return Config(camera=CameraConfig(source=CameraSource.WEBCAM, device=device))


def test_power_and_heat_are_named_with_a_remedy_each() -> None:
    sick = Machine("Raspberry Pi 5", "Debian", throttled=0x50005, temperature_c=85.0)
    found = {finding.subject: finding for finding in check_machine(sick)}
    assert found["machine"].message == "Raspberry Pi 5, Debian"
    assert all(not found[subject].ok and found[subject].remedy for subject in ("power", "heat"))


@pytest.mark.parametrize(
    ("clock", "remedy"),
    [
        (Clock(in_sync=True, asked_for=False, can=False), ""),
        (Clock(in_sync=False, asked_for=True, can=True), "timedatectl timesync-status"),
        (Clock(in_sync=False, asked_for=False, can=True), "sudo timedatectl set-ntp true"),
        (Clock(in_sync=False, asked_for=False, can=False), "sudo apt install systemd-timesyncd"),
    ],
)
def test_a_clock_that_nobody_sets_is_named(clock: Clock, remedy: str) -> None:
    (finding,) = check_clock(clock)
    assert (finding.ok, finding.remedy) == (not remedy, remedy)


@pytest.mark.parametrize(
    ("machine", "remedy"),
    [
        (Machine("Pi", legacy_camera=True), "start_x"),
        (Machine("Pi", closed_devices=("/dev/media0",)), "sudo -u moodpid"),
        (Machine("Pi", asks_for_camera=False), "camera_auto_detect=1"),
        (Machine("Pi", asks_for_camera=True), "ribbon"),
        (PI, "rpicam-hello"),
        (Machine(), "rpicam-hello"),
    ],
)
def test_the_reason_for_no_libcamera_camera_is_reported(machine: Machine, remedy: str) -> None:
    assert remedy in _camera_fault(Config(), GONE, machine).remedy


def test_a_camera_that_another_program_uses_needs_no_other_reason() -> None:
    finding = _camera_fault(Config(), CameraBusyError("it is busy"), Machine("Pi"))
    assert (finding.message, "fuser" in finding.remedy) == ("it is busy", True)


def test_a_missing_webcam_differs_from_a_busy_one() -> None:
    assert "there is no /dev/video99" in _camera_fault(webcam(99), GONE, Machine()).message
    assert diagnose_video_device(Path("/dev/null")) == ("", "sudo fuser -v /dev/null")


def test_without_any_webcam_the_remedy_is_to_plug_one_in(tmp_path: Path) -> None:
    video0 = tmp_path / "video0"
    assert diagnose_video_device(video0) == (f"there is no {video0}, and no other webcam", "plug a webcam in")
    (tmp_path / "video1").touch()
    why, remedy = diagnose_video_device(video0)
    assert str(tmp_path / "video1") in why
    assert "list-devices" in remedy


@pytest.mark.parametrize(
    ("camera", "ok", "says"),
    [
        (CameraState(CameraStatus.WATCHING), True, "held by the running moodpid service"),
        (CameraState(CameraStatus.DARK, clean("make light")), True, "too dark"),
        (CameraState(CameraStatus.OFF), True, "a user switched"),
        (CameraState(CameraStatus.STARTING), True, "held by the running moodpid service"),
        (
            CameraState(CameraStatus.LOST, clean("Pi camera 0: no frames; check")),
            False,
            "reports: Pi camera 0: no fr",
        ),
    ],
)
def test_a_running_service_reports_its_camera_itself(camera: CameraState, ok: bool, says: str) -> None:
    finding = check_camera(Config(), PI, running(camera))
    assert finding.ok is ok
    assert says in finding.message
    assert bool(finding.remedy) is not ok


def test_a_service_that_starts_holds_its_camera() -> None:
    finding = check_camera(Config(), PI, Unit("loaded", "activating", main_pid=812))
    assert (finding.ok, "held by the running moodpid service" in finding.message) == (True, True)


def test_a_camera_that_the_service_does_not_have_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    there = webcam(2)
    monkeypatch.setattr(vision, "load", lambda _path: there)
    assert service_with_camera(there, WATCHING) is WATCHING
    assert service_with_camera(webcam(7), WATCHING) is None
    assert service_with_camera(Config(), WATCHING) is None


def test_without_a_configuration_the_camera_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> Config:
        raise ConfigError("no such file")

    monkeypatch.setattr(vision, "load", refuse)
    assert service_with_camera(Config(), WATCHING) is None


@pytest.fixture
def _beside_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that runs, with the defaults."""
    monkeypatch.setattr(doctor, "read_machine", Machine)
    monkeypatch.setattr(doctor, "read_clock", lambda: None)
    monkeypatch.setattr(doctor, "read_unit", lambda: WATCHING)
    monkeypatch.setattr(doctor, "check_model", lambda _: Finding(True, "model", ""))
    monkeypatch.setattr(vision, "load", lambda _path: Config())


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.usefixtures("_beside_the_service")
def test_another_configuration_s_camera_is_opened(installed: bool) -> None:
    found = doctor.examine(webcam(99), installed=installed)
    camera = next(finding for finding in found if finding.subject == "camera")
    assert ("held by the running moodpid service" in camera.message) is installed
    assert camera.ok is installed


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.usefixtures("_beside_the_service")
def test_another_configuration_s_page_is_not_the_service_s(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    asked = []

    def check(*given: object) -> Finding:
        asked.append(given[-1])
        return Finding(True, "part", "")

    monkeypatch.setattr(doctor, "check_camera", check)
    monkeypatch.setattr(doctor, "check_page", check)
    for part in ("check_player", "check_library", "check_broker", "check_files"):
        monkeypatch.setattr(doctor, part, lambda _: ())
    list(doctor.examine(webcam(99), installed=installed))
    assert asked == [WATCHING if installed else None] * 2


def test_a_busy_camera_of_the_service_names_fuser() -> None:
    lost = CameraState(
        CameraStatus.LOST, clean(f"Pi camera 0: {CameraBusyError.why} (EBUSY); stop that program")
    )
    assert "fuser" in check_camera(Config(), PI, running(lost)).remedy


@given(
    status=st.sampled_from(CameraStatus),
    message=st.text(),
    mood=st.none() | st.sampled_from([Mood.HAPPY, Mood.NOBODY]),
    title=st.text(),
    artist=st.text(),
)
def test_whatever_the_service_says_the_camera_is_read_from_it(
    status: CameraStatus, message: str, mood: Mood | None, title: str, artist: str
) -> None:
    felt = MoodState(mood, 0.0, 0.9, 1, UNIFORM, 0.0) if mood else None
    player = PlayerState(PlayerStatus.PLAY, clean(title), clean(artist))
    shown = clean(message)
    read = parse_camera(format_status(AppState(CameraState(status, shown), player, felt)))
    assert read.status is status
    assert read.message == (clean(shown.partition("; ")[0]) if status is CameraStatus.LOST else "")


@pytest.mark.parametrize("line", ["", "camera: asleep; Ada - Sunny", "lost: something; camera: lost"])
def test_a_status_without_a_camera_means_watching(line: str) -> None:
    assert parse_camera(line) == CameraState(CameraStatus.WATCHING)


@pytest.mark.parametrize(
    ("unit", "ok", "says"),
    [
        (Unit("loaded", "active", "happy; Ada - Sunny"), True, "runs: happy; Ada - Sunny"),
        (Unit("loaded", "inactive"), True, "sudo systemctl start moodpid"),
        (Unit("not-found", "inactive"), True, "not installed"),
        (Unit("loaded", "failed", "line 3: dwell", "exit-code", "78"), False, "line 3: dwell"),
        (Unit("loaded", "activating", "", "watchdog", "0"), False, "watchdog"),
        (Unit("loaded", "activating", "", "success", "0", main_pid=812), True, "moodpid.service starts"),
    ],
)
def test_what_systemd_says_of_the_service_is_passed_on(unit: Unit, ok: bool, says: str) -> None:
    finding = check_unit(unit)
    assert finding.ok is ok
    assert says in finding.message


def test_a_failed_service_names_check_or_the_journal() -> None:
    assert check_unit(Unit("loaded", "failed", "", "exit-code", "78")).remedy.startswith("sudo moodpid check")
    assert "journalctl" in check_unit(Unit("loaded", "failed", "", "exit-code", "69")).remedy


def test_a_service_older_than_its_configuration_needs_a_restart(tmp_path: Path) -> None:
    (tmp_path / "moodpid.toml").touch()
    changed_s = int((tmp_path / "moodpid.toml").stat().st_mtime)
    assert changed_since(changed_s, tmp_path) == ""
    changed = changed_since(changed_s - 1, tmp_path)
    finding = check_unit(Unit("loaded", "active", started_s=changed_s - 1), changed)
    assert (finding.ok, finding.remedy) == (False, "sudo systemctl restart moodpid")
    assert str(tmp_path / "moodpid.toml") in finding.message


def test_a_configuration_put_back_with_its_date_is_a_change(tmp_path: Path) -> None:
    old, file = tmp_path / "moodpid.toml.old", tmp_path / "moodpid.toml"
    old.touch()
    os.utime(old, (1, 1))
    old.rename(file)
    put_back_s = int(file.stat().st_ctime)
    assert changed_since(put_back_s - 1, tmp_path) == str(file)
    assert changed_since(put_back_s, tmp_path) == ""


@pytest.mark.parametrize(("machine", "remedy"), [(PI, "apt install"), (Machine(), 'source = "webcam"')])
def test_picamera2_is_installed_only_where_it_exists(machine: Machine, remedy: str) -> None:
    assert remedy in _install("python3-picamera2", machine)


LOCAL = AddressFilter(
    (ip_network("127.0.0.0/8"), ip_network("::1/128")), (ip_network("0.0.0.0/0"), ip_network("::/0"))
)


@pytest.mark.parametrize("host", ["192.168.1.20", "127.0.0.1", "/run/mpd/socket"])
@pytest.mark.parametrize("when", AnalyseWhen)
def test_a_player_that_the_nightly_unit_cannot_reach_is_named(
    host: str, when: AnalyseWhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "library_path", lambda: tmp_path / "library.sqlite")
    monkeypatch.setattr(library, "read_address_filter", lambda _: LOCAL)
    monkeypatch.setattr(library, "_obstacle", lambda _: None)
    config = Config(player=MpdConfig(host=host), library=LibraryConfig(analyse=when))
    named = [finding for finding in check_library(config) if "moodpid-analyse" in finding.remedy]
    assert [("IPAddressAllow=192.168.1.20" in finding.message, finding.ok) for finding in named] == [
        (True, False)
    ] * (host == "192.168.1.20")


@pytest.mark.parametrize(
    ("addresses", "allowed", "blocked"),
    [
        (["192.168.1.20"], "192.168.1.0/24", ""),
        (["fd00::20", "192.168.1.20"], "192.168.1.20", ""),
        (["fd00::20", "192.168.1.20"], "10.0.0.0/8", "fd00::20"),
        (["127.0.0.1"], "10.0.0.0/8", ""),
        ([], "10.0.0.0/8", ""),
    ],
)
def test_one_address_of_a_server_within_reach_is_enough(
    addresses: list[str], allowed: str, blocked: str
) -> None:
    may_reach = AddressFilter((*LOCAL.allowed, ip_network(allowed)), LOCAL.denied)
    assert blocked_address(addresses, may_reach) == blocked
