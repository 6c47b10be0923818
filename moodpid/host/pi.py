"""What a Raspberry Pi tells of itself: its model and system, its power, its heat and its clock."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

# From here on the firmware slows the processor down (Raspberry Pi documentation, config.txt, temp_limit)
HOT_C = 80.0

# The bits of the firmware's get_throttled (Raspberry Pi documentation, vcgencmd): now, and since the start
_WEAK_NOW, _SLOWED_NOW, _WEAK_ONCE = 1 << 0, 1 << 1 | 1 << 2 | 1 << 3, 1 << 16


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as its files describe it.

    Attributes:
        model: Such as `Raspberry Pi Zero 2 W Rev 1.0`; empty where it is no such board.
        system: Such as `Debian GNU/Linux 13 (trixie)`; empty if unknown.
        throttled: The firmware's bits, None where there is no such firmware.
        temperature_c: Of the processor, None if unknown.
        in_sync: Whether the clock was set by a time server; None where systemd-timesyncd does not run.
        legacy_camera: Whether the firmware's old camera stack is on, beside which libcamera cannot work.
        closed_devices: Devices of cameras that this process may not open.
    """

    model: str = ""
    system: str = ""
    throttled: int | None = None
    temperature_c: float | None = None
    in_sync: bool | None = None
    legacy_camera: bool = False
    closed_devices: tuple[str, ...] = ()

    @property
    def power_fault(self) -> str:
        """What is wrong with the power supply, empty if nothing."""
        if self.throttled is None or not self.throttled & (_WEAK_NOW | _WEAK_ONCE):
            return ""
        return (
            "too little voltage now"
            if self.throttled & _WEAK_NOW
            else "too little voltage since the last start"
        )

    @property
    def heat_fault(self) -> str:
        """That it is too hot, empty if it is not."""
        if self.temperature_c is not None and self.temperature_c >= HOT_C:
            return f"{self.temperature_c:.0f} °C: the processor is slowed down"
        if self.throttled is not None and self.throttled & _SLOWED_NOW:
            return "the firmware slows the processor down"
        return ""


def read_machine(root: Path = Path("/")) -> Machine:
    """Look at the files of a running system; what is missing is left empty."""
    temperature = _read(root / "sys/class/thermal/thermal_zone0/temp")
    timesync = root / "run/systemd/timesync"
    return Machine(
        model=_read(root / "proc/device-tree/model").strip("\x00\n"),
        system=_pretty_name(_read(root / "etc/os-release")),
        throttled=_throttled(root),
        temperature_c=int(temperature) / 1000 if temperature.strip().isdigit() else None,
        in_sync=(timesync / "synchronized").exists() if timesync.is_dir() else None,
        closed_devices=tuple(
            str(device)
            for device in sorted(root.glob("dev/media*"))
            if not os.access(device, os.R_OK | os.W_OK)
        ),
        legacy_camera=bool(
            re.search(r"^\s*start_x\s*=\s*1", _read(root / "boot/firmware/config.txt"), re.MULTILINE)
        ),
    )


def _throttled(root: Path) -> int | None:
    """The file is the kernel's (drivers/firmware/raspberrypi.c): one hexadecimal number."""
    for file in root.glob("sys/devices/platform/soc*/*firmware/get_throttled"):
        if re.fullmatch(r"(0x)?[0-9a-f]+", told := _read(file).strip()):
            return int(told, 16)
    return None


def _pretty_name(release: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', release, re.MULTILINE)
    return found[1] if found else ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
