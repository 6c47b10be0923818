"""Checks each part for real, and names a remedy for each fault."""

from collections.abc import Iterator

from moodpid.config import Config
from moodpid.doctor.library import check_library
from moodpid.doctor.machine import check_clock, check_machine
from moodpid.doctor.servers import check_broker, check_player, check_secrets, check_sound
from moodpid.doctor.service import check_files, check_service
from moodpid.doctor.vision import check_camera, check_model, service_with_camera
from moodpid.doctor.web import check_page
from moodpid.state import Finding
from moodpid.system.raspberry_pi import read_machine
from moodpid.system.systemctl import read_clock, read_unit


def examine(config: Config, *, sound: bool = False, installed: bool = False) -> Iterator[Finding]:
    """Yield findings about machine, clock, model, camera, player, library, broker, page, secrets and service.

    Args:
        config: What is examined.
        sound: Play a test tone as well.
        installed: It is the configuration of the installed service, which is asked for its camera and page.
    """
    machine, unit = read_machine(), read_unit()
    yield from check_machine(machine)
    yield from check_clock(read_clock())
    yield check_model(config)
    yield check_camera(config, machine, unit if installed else service_with_camera(config, unit))
    yield from check_player(config)
    if sound:
        yield from check_sound(config)
    yield from check_library(config)
    yield from check_broker(config)
    yield check_page(config, unit if installed else None)
    yield from check_secrets(config)
    if installed:
        yield from check_files(config)
    yield from check_service(unit)
