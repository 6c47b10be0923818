"""A Raspberry Pi is known by its files, and what ails it is told from them."""

from pathlib import Path

import pytest

from moodpid import doctor
from moodpid.config import Config
from moodpid.host.pi import Machine, read_machine

FILES = {
    "proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\x00",
    "etc/os-release": 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "run/systemd/timesync/synchronized": "",
    "boot/firmware/config.txt": "# start_x=1\ncamera_auto_detect=1\n",
}


def system(root: Path, **changed: str) -> Machine:
    for name, text in (FILES | changed).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_machine(root)


def test_a_healthy_pi_is_known_by_name_and_has_no_fault(tmp_path: Path) -> None:
    machine = system(tmp_path)
    assert machine.model == "Raspberry Pi Zero 2 W Rev 1.0"
    assert machine.system == "Debian GNU/Linux 13 (trixie)"
    assert machine.temperature_c == pytest.approx(48.312)
    assert machine.in_sync
    assert not machine.legacy_camera
    assert (machine.power_fault, machine.heat_fault) == ("", "")


@pytest.mark.parametrize(("bits", "fault"), [("50005", "now"), ("50000", "since the last start")])
def test_a_weak_power_supply_is_told(tmp_path: Path, bits: str, fault: str) -> None:
    machine = system(tmp_path, **{"sys/devices/platform/soc/soc:firmware/get_throttled": bits})
    assert fault in machine.power_fault


def test_heat_is_told_by_the_thermometer_and_by_the_firmware() -> None:
    assert "84 °C" in Machine(temperature_c=84.2).heat_fault
    assert "firmware" in Machine(throttled=0x8, temperature_c=70.0).heat_fault
    assert Machine(temperature_c=70.0).heat_fault == ""


def test_the_old_camera_stack_is_noticed(tmp_path: Path) -> None:
    assert system(tmp_path, **{"boot/firmware/config.txt": "start_x=1\n"}).legacy_camera


def test_a_machine_that_tells_nothing_has_no_faults(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert machine == Machine()
    assert (machine.power_fault, machine.heat_fault) == ("", "")


def test_the_doctor_names_power_heat_and_clock_with_a_remedy_each() -> None:
    sick = Machine("Raspberry Pi 5", "Debian", throttled=0x50005, temperature_c=85.0, in_sync=False)
    found = {finding.subject: finding for finding in doctor._machine(sick)}
    assert found["machine"].message == "Raspberry Pi 5, Debian"
    assert all(not found[subject].ok and found[subject].remedy for subject in ("power", "heat", "clock"))


@pytest.mark.parametrize(
    ("machine", "remedy"),
    [
        (Machine(legacy_camera=True), "start_x"),
        (Machine(closed_devices=("/dev/media0",)), "sudo -u moodpid"),
        (Machine(), "rpicam-hello"),
    ],
)
def test_the_doctor_says_why_libcamera_finds_no_camera(machine: Machine, remedy: str) -> None:
    assert remedy in doctor._camera_fault("picamera2", "libcamera finds none", machine).remedy


def test_the_doctor_leaves_the_camera_to_a_service_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cgroup.procs").write_text("123\n")
    monkeypatch.setattr(doctor, "_PROCESSES", tmp_path / "cgroup.procs")
    finding = doctor._camera(Config(), Machine())
    assert finding.ok
    assert "the service looks through it" in finding.message
