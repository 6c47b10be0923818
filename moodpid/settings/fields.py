"""What users may set and press while moodpid runs: one table for MQTT, Home Assistant and the web page."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from moodpid.config import Strategy
from moodpid.errors import MoodpidError
from moodpid.mood.emotion import Mood
from moodpid.requests import Button, ChangeSetting, PressButton, Request
from moodpid.state import Settings

ON, OFF = "ON", "OFF"
AUTOMATIC = "automatic"
PRESSED = "PRESS"


class InvalidRequestError(MoodpidError):
    """A request whose value is not valid; it changes nothing."""


class FieldKind(StrEnum):
    """How a field is operated, in Home Assistant's words."""

    SWITCH = "switch"
    SELECT = "select"
    NUMBER = "number"
    BUTTON = "button"
    SENSE = "sense"
    """What only other programs send; it is no entity in Home Assistant."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The values that a number takes, from `minimum` to `maximum`, and its unit."""

    minimum: float
    maximum: float
    step: float
    unit: str


@dataclass(frozen=True, slots=True)
class SettingField:
    """One thing that can be set or pressed.

    Attributes:
        key: Its name on the wire and in the state file.
        kind: How it is operated.
        parse: Makes a request of a text; raises InvalidRequestError that names the valid values.
        format: The text of its present value; None for a button.
        options: The valid texts of a select.
        range: The valid values of a number.
        max_bytes: No valid text has more bytes than this.
    """

    key: str
    kind: FieldKind
    parse: Callable[[str], Request]
    format: Callable[[Settings], str] | None
    options: tuple[str, ...] = ()
    range: NumberRange | None = None
    max_bytes: int = 64


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this installation can do, beyond watching.

    Attributes:
        music: There is a player whose music may be driven and skipped.
        max_fps: The most observations per second that the camera allows.
        picture: The last frame is published as a picture.
        page_url: Where people reach the page from other machines; empty if they cannot.
        senses: The names of the senses that the configuration lists.
    """

    music: bool = True
    max_fps: float = 4.0
    picture: bool = False
    page_url: str = ""
    senses: tuple[str, ...] = ()


def setting_fields(capabilities: Capabilities) -> tuple[SettingField, ...]:
    """Return all fields that can be set and pressed, in the order in which people see them."""
    music = (
        _switch("drive_music"),
        _select("strategy", tuple(Strategy)),
        _button(Button.SKIP),
        _button(Button.REJECT_SONG),
        _button(Button.TAKE_OVER),
        _button(Button.LIKE),
    )
    return (
        _switch("enabled"),
        *(music if capabilities.music else ()),
        _select("override", (AUTOMATIC, *Mood)),
        _number("dwell_s", NumberRange(0, 600, 1, "s")),
        _number("sensitivity", NumberRange(0, 100, 1, "%")),
        # The key on the wire is that of version 0.1.0
        _number("looks_hz", NumberRange(0.5, max(0.5, capabilities.max_fps), 0.5, "Hz"), name="fps"),
        _button(Button.FORGET_ROOM),
        _button(Button.RESTART),
    )


def _switch(key: str) -> SettingField:
    def parse(text: str) -> Request:
        if text not in (ON, OFF):
            raise InvalidRequestError(f"it takes {ON} or {OFF}")
        return ChangeSetting(key, text == ON)

    return SettingField(key, FieldKind.SWITCH, parse, lambda settings: ON if getattr(settings, key) else OFF)


def _select(key: str, options: tuple[str, ...]) -> SettingField:
    """Return a choice in which `automatic` stands for None."""
    texts = tuple(str(option) for option in options)

    def parse(text: str) -> Request:
        if text not in texts:
            raise InvalidRequestError(f"it takes one of {', '.join(texts)}")
        return ChangeSetting(key, None if text == AUTOMATIC else options[texts.index(text)])

    def formatted(settings: Settings) -> str:
        return str(getattr(settings, key) or AUTOMATIC)

    return SettingField(key, FieldKind.SELECT, parse, formatted, options=texts)


def _number(key: str, values: NumberRange, name: str = "") -> SettingField:
    """Return a number; `name` is the field of `Settings` where it is not called like the key."""
    name = name or key

    def parse(text: str) -> Request:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not values.minimum <= value <= values.maximum:
            raise InvalidRequestError(f"it takes a number from {values.minimum:g} to {values.maximum:g}")
        return ChangeSetting(name, value)

    return SettingField(
        key, FieldKind.NUMBER, parse, lambda settings: f"{getattr(settings, name):g}", range=values
    )


def _button(button: Button) -> SettingField:
    def parse(text: str) -> Request:
        if text != PRESSED:
            raise InvalidRequestError(f"it takes {PRESSED}")
        return PressButton(button)

    return SettingField(button.value, FieldKind.BUTTON, parse, None)
