"""What a Raspberry Pi reports in files: its model and system, its power, its heat and its cameras."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

# The firmware slows the processor down (Raspberry Pi documentation, frequency management and thermal control)
THROTTLED_FROM_C = 80.0

# The bits of the firmware's get_throttled (Raspberry Pi documentation, vcgencmd): now, and since the start
_WEAK_NOW, _SLOWED_NOW, _WEAK_ONCE = 1 << 0, 1 << 1 | 1 << 2 | 1 << 3, 1 << 16

_BOOT = "boot/firmware/config.txt"
# Overlays of sensors have their names (the kernel's arch/arm/boot/dts/overlays/README)
_SENSOR = re.compile(r"^\s*dtoverlay\s*=\s*(imx\d|ov\d|arducam|camera-mux)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as its files describe it.

    Attributes:
        model: Such as `Raspberry Pi Zero 2 W Rev 1.0`; empty where it is no such board.
        system: Such as `Debian GNU/Linux 13 (trixie)`; empty if unknown.
        throttled: The firmware's bits, None where there is no such firmware.
        temperature_c: Of the processor, None if unknown.
        legacy_camera: Whether the firmware's old camera stack is on, beside which libcamera cannot work.
        asks_for_camera: Whether config.txt asks the firmware for a camera; None if that is unknown.
        camera_answers: Whether the kernel has met a camera on a ribbon connector.
        closed_devices: Devices of cameras that this process may not open.
    """

    model: str = ""
    system: str = ""
    throttled: int | None = None
    temperature_c: float | None = None
    legacy_camera: bool = False
    asks_for_camera: bool | None = None
    camera_answers: bool = False
    closed_devices: tuple[str, ...] = ()

    @property
    def power_fault(self) -> str:
        """What is wrong with the power supply; empty if nothing is."""
        if self.throttled is None or not self.throttled & (_WEAK_NOW | _WEAK_ONCE):
            return ""
        return (
            "too little voltage now"
            if self.throttled & _WEAK_NOW
            else "too little voltage since the last start"
        )

    @property
    def heat_fault(self) -> str:
        """What is wrong with the temperature; empty if nothing is."""
        if self.temperature_c is not None and self.temperature_c >= THROTTLED_FROM_C:
            return f"{self.temperature_c:.0f} °C: the processor is slowed down"
        if self.throttled is not None and self.throttled & _SLOWED_NOW:
            return "the firmware slows the processor down"
        return ""


def read_temperature_c(root: Path = Path("/")) -> float | None:
    """Return the processor's temperature, None if unknown (thermal/sysfs-api, in thousandths)."""
    try:
        return int(_read(root / "sys/class/thermal/thermal_zone0/temp")) / 1000
    except ValueError:
        return None


def read_serial(root: Path = Path("/")) -> str:
    """Return the serial number of the board, which no copy of its card brings along; empty if it has none."""
    return _read(root / "proc/device-tree/serial-number").strip("\x00\n")


def read_machine(root: Path = Path("/")) -> Machine:
    """Read the files of a running system; what is missing is left empty."""
    boot = _read(root / _BOOT)
    return Machine(
        model=_read(root / "proc/device-tree/model").strip("\x00\n"),
        system=_pretty_name(_read(root / "etc/os-release")),
        throttled=_throttled(root),
        temperature_c=read_temperature_c(root),
        legacy_camera=bool(re.search(r"^\s*start_x\s*=\s*1", boot, re.MULTILINE)),
        asks_for_camera=_asks_for_camera(boot) if boot else None,
        camera_answers=any(
            re.search("unicam|rp1-cfe", _read(name)) for name in root.glob("sys/class/video4linux/*/name")
        ),
        closed_devices=tuple(
            str(device)
            for device in sorted(root.glob("dev/media*"))
            if not os.access(device, os.R_OK | os.W_OK)
        ),
    )


def _asks_for_camera(boot: str) -> bool:
    """Return what config.txt asks for (Raspberry Pi documentation, config.txt): the last line counts."""
    found = re.findall(r"^\s*camera_auto_detect\s*=\s*(\d)", boot, re.MULTILINE)
    return bool(found and found[-1] != "0") or bool(_SENSOR.search(boot))


def _throttled(root: Path) -> int | None:
    """Return the kernel's (drivers/firmware/raspberrypi.c) one hexadecimal number; None without it."""
    for file in root.glob("sys/devices/platform/soc*/*firmware/get_throttled"):
        if re.fullmatch(r"(0x)?[0-9a-f]+", text := _read(file).strip()):
            return int(text, 16)
    return None


def _pretty_name(release: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', release, re.MULTILINE)
    return found[1] if found else ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
