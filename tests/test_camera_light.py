"""The light is on exactly while the camera is open, on gpiozero's mock pins."""

import sys
from collections.abc import Iterator

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from moodpid.camera_light import CameraLight, open_led
from moodpid.errors import ConfigError
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus

PIN = 17


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    factory = MockFactory()
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    yield factory
    factory.reset()


def state(status: CameraStatus) -> AppState:
    return AppState(CameraState(status), PlayerState(PlayerStatus.STOP))


@pytest.mark.parametrize(
    ("status", "lit"),
    [
        (CameraStatus.STARTING, False),
        (CameraStatus.WATCHING, True),
        (CameraStatus.DARK, True),
        (CameraStatus.LOST, False),
        (CameraStatus.OFF, False),
    ],
)
def test_the_light_is_on_while_the_camera_watches(pins: MockFactory, status: CameraStatus, lit: bool) -> None:
    light = CameraLight(open_led(PIN))
    light.start()
    light.publish(state(CameraStatus.WATCHING), ())
    light.publish(state(status), ())
    assert pins.pin(PIN).state is lit


def test_the_pin_is_written_only_when_something_changes(pins: MockFactory) -> None:
    light = CameraLight(open_led(PIN))
    light.start()
    before = len(pins.pin(PIN).states)
    for _ in range(5):
        light.publish(state(CameraStatus.WATCHING), ())
    assert len(pins.pin(PIN).states) == before + 1


def test_the_light_is_off_after_a_stop(pins: MockFactory) -> None:
    light = CameraLight(open_led(PIN))
    light.start()
    light.publish(state(CameraStatus.WATCHING), ())
    light.stop()
    assert pins.pin(PIN).function == "input"  # released
    assert light.join(0.0)


def test_a_broken_light_does_not_stop_the_loop(pins: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    led = open_led(PIN)
    light = CameraLight(led)
    led.close()
    light.publish(state(CameraStatus.WATCHING), ())
    assert "camera light" in caplog.text
    light.stop()
    del pins


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(ConfigError, match="python3-gpiozero"):
        open_led(PIN)


def test_a_pin_in_use_is_a_configuration_error(pins: MockFactory) -> None:
    first = open_led(PIN)
    with pytest.raises(ConfigError, match="GPIO 17 cannot be used"):
        open_led(PIN)
    first.close()
    del pins


def test_a_pin_of_another_program_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class BusyError(Exception):
        """lgpio's own, which is none of gpiozero's."""

    def refuse(_pin: int) -> None:
        raise BusyError("GPIO busy")

    monkeypatch.setattr(gpiozero, "LED", refuse)
    with pytest.raises(ConfigError, match=r"GPIO 17 cannot be used \(GPIO busy\).* another program has"):
        open_led(PIN)
