"""What the home may set and press: a table that commands, states and Home Assistant's entities share."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from moodpid.config import Strategy
from moodpid.errors import MoodpidError
from moodpid.mood.emotion import Mood
from moodpid.mqtt.topics import OFF, ON
from moodpid.state import ChangeSetting, Button, PressButton, Request, Settings

AUTOMATIC = "automatic"
PRESSED = "PRESS"


class InvalidRequestError(MoodpidError):
    """A message that asks for nothing we can do; changes nothing."""


@dataclass(frozen=True, slots=True)
class SettingField:
    """One thing that can be set or pressed.

    Attributes:
        topic: Its state's topic below the root; requests are heard at the same with `/set`.
        component: The kind of entity it is in Home Assistant.
        name: What people call it.
        read: Makes a request of a text, or raises CommandError that says what is taken.
        state: The text of its present state; None for what has none.
        extra: More keys for Home Assistant.
    """

    topic: str
    component: str
    name: str
    parse: Callable[[str], Request]
    format: Callable[[Settings], str] | None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this installation can do, beyond watching.

    Attributes:
        music: There is a player whose music may be driven and skipped.
        looks_hz: The most looks a second that the camera allows.
        picture: The last look is told as a picture.
    """

    music: bool = True
    max_fps: float = 4.0
    picture: bool = False


def setting_fields(offers: Capabilities) -> tuple[SettingField, ...]:
    """All that can be set and pressed, in the order in which people see it."""
    music = (
        _switch("drive_music", "Drive the music", icon="mdi:music"),
        _select("strategy", "Strategy", tuple(Strategy), icon="mdi:stairs-up"),
        _button(Button.SKIP, "Skip", icon="mdi:skip-next"),
        _button(Button.REJECT_SONG, "This song does not fit", icon="mdi:music-off"),
    )
    return (
        _switch("enabled", "Watching", icon="mdi:eye"),
        *(music if offers.music else ()),
        _select("override", "Mood override", (AUTOMATIC, *Mood), icon="mdi:emoticon-wink-outline"),
        _number("dwell_s", "Dwell", 0, 600, 1, "s", device_class="duration", mode="box"),
        _number("sensitivity", "Sensitivity", 0, 100, 1, "%", icon="mdi:tune"),
        _number(
            "looks_hz", "Looks a second", 0.5, max(0.5, offers.max_fps), 0.5, "Hz", device_class="frequency"
        ),
        _button(Button.RESTART, "Restart", device_class="restart", entity_category="config"),
    )


def _switch(name: str, title: str, **extra: object) -> SettingField:
    def read(text: str) -> Request:
        if text not in (ON, OFF):
            raise InvalidRequestError(f"it takes {ON} or {OFF}")
        return ChangeSetting(name, text == ON)

    return SettingField(
        name, "switch", title, read, lambda settings: ON if getattr(settings, name) else OFF, extra
    )


def _select(name: str, title: str, options: tuple[str, ...], **extra: object) -> SettingField:
    """A choice; `automatic` stands for None."""
    names = [str(option) for option in options]

    def read(text: str) -> Request:
        if text not in names:
            raise InvalidRequestError(f"it takes one of {', '.join(names)}")
        return ChangeSetting(name, None if text == AUTOMATIC else options[names.index(text)])

    def state(settings: Settings) -> str:
        return str(getattr(settings, name) or AUTOMATIC)

    return SettingField(name, "select", title, read, state, {"options": names, **extra})


def _number(  # noqa: PLR0913, PLR0917 - one row of a table
    name: str, title: str, least: float, most: float, step: float, unit: str, **extra: object
) -> SettingField:
    def read(text: str) -> Request:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise InvalidRequestError(f"it takes a number from {least:g} to {most:g}")
        return ChangeSetting(name, value)

    keys = {"min": least, "max": most, "step": step, "unit_of_measurement": unit, "mode": "slider"}
    more = {**keys, "entity_category": "config", **extra}
    return SettingField(name, "number", title, read, lambda settings: f"{getattr(settings, name):g}", more)


def _button(button: Button, title: str, **extra: object) -> SettingField:
    def read(text: str) -> Request:
        if text != PRESSED:
            raise InvalidRequestError(f"it takes {PRESSED}")
        return PressButton(button)

    return SettingField(button.value, "button", title, read, None, {"payload_press": PRESSED, **extra})
