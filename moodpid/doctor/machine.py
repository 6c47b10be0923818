"""The board, its power and heat, and its clock."""

import platform
from collections.abc import Iterator

from moodpid.state import Finding
from moodpid.system.raspberry_pi import Machine
from moodpid.system.systemctl import Clock


def check_machine(machine: Machine) -> Iterator[Finding]:
    """Report the board and its system, and power or heat only if they are at fault."""
    board = machine.model or platform.machine()
    yield Finding(True, "machine", f"{board}, {machine.system}" if machine.system else board)
    if machine.power_fault:
        yield Finding(
            False,
            "power",
            machine.power_fault,
            "vcgencmd get_throttled; use the power supply made for this Pi",
        )
    if machine.heat_fault:
        yield Finding(
            False, "heat", machine.heat_fault, "give it air or a heat sink, or set fps = 2 in [camera]"
        )


def check_clock(clock: Clock | None) -> Iterator[Finding]:
    """Report whether a time server has set the clock, which the start of each mood is published by."""
    if clock is None:
        return
    if clock.in_sync:
        yield Finding(True, "clock", "set by a time server")
    elif clock.asked_for:
        yield Finding(False, "clock", "no time server has set it yet", "timedatectl timesync-status")
    else:
        remedy = "sudo timedatectl set-ntp true" if clock.can else "sudo apt install systemd-timesyncd"
        yield Finding(False, "clock", "no time server is to set it", remedy)
