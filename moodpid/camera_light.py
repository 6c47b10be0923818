"""A light for the people in the room: an LED on a GPIO pin that is on while the camera watches."""

import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final

from moodpid.errors import ConfigError
from moodpid.mood.policy import MoodEvent
from moodpid.state import AppState, CameraStatus

log = logging.getLogger(__name__)

# In the dark, too, the camera is open
_WATCHING: Final = (CameraStatus.WATCHING, CameraStatus.DARK)


def open_led(pin: int) -> Any:  # noqa: ANN401 - gpiozero has no types
    """Return gpiozero's LED on a pin, in Broadcom's numbers.

    Raises:
        ConfigError: gpiozero is missing, this machine has no such pin, or another program uses it.
    """
    try:
        import gpiozero  # noqa: PLC0415 - only where it is asked for
    except ImportError as error:
        install = "sudo apt install python3-gpiozero python3-lgpio"
        raise ConfigError(f"[camera] led_pin: gpiozero is not installed here ({error}); {install}") from error
    try:
        return gpiozero.LED(pin)
    except Exception as error:  # lgpio's own for a busy pin is none of gpiozero's
        raise ConfigError(
            f"[camera] led_pin: GPIO {pin} cannot be used ({error}); docs/install.md names the drop-in."
            " Or another program has the pin, or config.txt gives it to the kernel"
        ) from error


class CameraLight:
    """Publishes whether the camera watches, to the eye.

    Args:
        led: With `on`, `off` and `close`, as gpiozero's LED.
    """

    name = "camera light"

    def __init__(self, led: Any) -> None:  # noqa: ANN401 - as above
        self._led = led
        self._on = False

    def start(self) -> None:
        """Begin in the dark: it has no thread."""
        self._led.off()

    def publish(self, state: AppState, events: Sequence[MoodEvent]) -> None:
        """Switch the light if the camera's state has changed; a broken one costs a line in the log."""
        del events
        watching = state.camera.status in _WATCHING
        if watching == self._on:
            return
        self._on = watching
        try:
            (self._led.on if watching else self._led.off)()
        except Exception as error:  # noqa: BLE001 - each backend of gpiozero raises its own
            log.warning("the camera light does not work: %s", error)

    def stop(self) -> None:
        """Switch it off."""
        with contextlib.suppress(Exception):
            self._led.off()
            self._led.close()

    def join(self, timeout_s: float) -> bool:
        """Return at once: there is no thread."""
        del timeout_s
        return True
