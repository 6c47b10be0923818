"""A Raspberry Pi is known by its files, and so is what is wrong with it."""

from pathlib import Path

import pytest

from moodpid.system.raspberry_pi import Machine, read_machine, read_serial, read_temperature_c

FILES = {
    "proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\x00",
    "etc/os-release": 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "sys/class/video4linux/video0/name": "unicam-image\n",
    "boot/firmware/config.txt": "# start_x=1\ncamera_auto_detect=1\n",
}


def system(root: Path, **changed: str) -> Machine:
    for name, text in (FILES | changed).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_machine(root)


def test_a_board_has_a_serial_number_or_none(tmp_path: Path) -> None:
    assert read_serial(tmp_path) == ""
    system(tmp_path, **{"proc/device-tree/serial-number": "10000000abcdef01\x00"})
    assert read_serial(tmp_path) == "10000000abcdef01"


def test_a_healthy_pi_has_a_name_and_no_fault(tmp_path: Path) -> None:
    machine = system(tmp_path)
    assert machine.model == "Raspberry Pi Zero 2 W Rev 1.0"
    assert machine.system == "Debian GNU/Linux 13 (trixie)"
    assert machine.temperature_c == pytest.approx(48.312)
    assert not machine.legacy_camera
    assert machine.asks_for_camera
    assert machine.camera_answers
    assert (machine.power_fault, machine.heat_fault) == ("", "")


@pytest.mark.parametrize(("bits", "fault"), [("50005", "now"), ("50000", "since the last start")])
def test_a_weak_power_supply_is_reported(tmp_path: Path, bits: str, fault: str) -> None:
    machine = system(tmp_path, **{"sys/devices/platform/soc/soc:firmware/get_throttled": bits})
    assert fault in machine.power_fault


def test_heat_is_reported_by_the_thermometer_and_by_the_firmware() -> None:
    assert "84 °C" in Machine(temperature_c=84.2).heat_fault
    assert "firmware" in Machine(throttled=0x8, temperature_c=70.0).heat_fault
    assert Machine(temperature_c=70.0).heat_fault == ""


@pytest.mark.parametrize(("reported", "temperature_c"), [("-1500\n", -1.5), ("hot\n", None), ("", None)])
def test_the_thermometer_is_read_as_the_kernel_writes_it(
    tmp_path: Path, reported: str, temperature_c: float | None
) -> None:
    machine = system(tmp_path, **{"sys/class/thermal/thermal_zone0/temp": reported})
    assert machine.temperature_c == read_temperature_c(tmp_path) == temperature_c


def test_the_old_camera_stack_is_noticed(tmp_path: Path) -> None:
    assert system(tmp_path, **{"boot/firmware/config.txt": "start_x=1\n"}).legacy_camera


@pytest.mark.parametrize(
    ("boot", "asks"),
    [
        ("camera_auto_detect=1\ncamera_auto_detect=0\n", False),
        ("# camera_auto_detect=1\n", False),
        ("camera_auto_detect=0\ndtoverlay=imx519\n", True),
        ("dtoverlay=vc4-kms-v3d\n", False),
    ],
)
def test_whether_a_camera_is_looked_for_stands_in_config_txt(tmp_path: Path, boot: str, asks: bool) -> None:
    assert system(tmp_path, **{"boot/firmware/config.txt": boot}).asks_for_camera is asks


def test_a_camera_that_does_not_answer_is_noticed(tmp_path: Path) -> None:
    assert not system(tmp_path, **{"sys/class/video4linux/video0/name": "bcm2835-isp\n"}).camera_answers


def test_a_machine_that_tells_nothing_has_no_faults(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert machine == Machine()
    assert (machine.power_fault, machine.heat_fault) == ("", "")
