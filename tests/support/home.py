"""What the tests with a real Home Assistant share: the house, its entities, and waiting for them."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.homeassistant import Home, HomeError
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMosquitto, PrivateMpd

log = logging.getLogger(__name__)

AT_ONCE_S = 1.0
RIGHT_AGAIN_S = 15.0
ROOT = "moodpid/living-room"
ENTITIES = {
    "binary_sensor.living_room_somebody_there",
    "button.living_room_forget_what_was_learned",
    "button.living_room_more_like_this",
    "button.living_room_restart",
    "button.living_room_skip",
    "button.living_room_take_over_now",
    "button.living_room_this_song_does_not_fit",
    "event.living_room_mood_changed",
    "image.living_room_what_it_sees",
    "number.living_room_dwell",
    "number.living_room_looks_per_second",
    "number.living_room_sensitivity",
    "select.living_room_mood_override",
    "select.living_room_strategy",
    "sensor.living_room_arousal",
    "sensor.living_room_arousal_of_the_song",
    "sensor.living_room_camera",
    "sensor.living_room_confidence",
    "sensor.living_room_faces",
    "sensor.living_room_last_error",
    "sensor.living_room_latency",
    "sensor.living_room_measured_looks_per_second",
    "sensor.living_room_mood",
    "sensor.living_room_player",
    "sensor.living_room_temperature",
    "sensor.living_room_valence",
    "sensor.living_room_valence_of_the_song",
    "switch.living_room_drive_the_music",
    "switch.living_room_watching",
}
MOOD = "sensor.living_room_mood"
UNKNOWN = {"unavailable", "unknown"}
# These wander with the light, the machine or the hour; all others have one right state
NUMBERS = {
    f"sensor.living_room_{name}"
    for name in (
        *("arousal", "confidence", "latency", "measured_looks_per_second", "temperature", "valence"),
        *("arousal_of_the_song", "valence_of_the_song"),
    )
}
MOMENTS = {entity for entity in ENTITIES if entity.startswith(("button.", "event.", "image."))}
STEADY = ENTITIES - NUMBERS - MOMENTS
States = dict[str, dict[str, Any]]


@dataclass
class TestHome:
    """All that a home has."""

    __test__ = False  # its name begins as those of pytest's classes do

    home: Home
    mosquitto: PrivateMosquitto
    mpd: PrivateMpd
    moodpid: Moodpid
    config: Path

    def start_moodpid(self) -> None:
        self.moodpid = Moodpid(self.config)


def faults(before: States, now: States) -> list[str]:
    """What is not right again: the mood's attributes, a steady state that differs, a number that is none."""
    wrong = [] if "scores" in now[MOOD]["attributes"] else [f"{MOOD} has no scores"]
    for entity in sorted(ENTITIES):
        was, is_ = before[entity]["state"], now[entity]["state"]
        if entity in STEADY:
            right = is_ == was
        elif entity in MOMENTS:
            right = is_ != "unavailable" and (is_ != "unknown" or was == "unknown")
        else:
            # A test machine may have no thermometer
            right = is_ not in UNKNOWN if was not in UNKNOWN else is_ == was
        if not right:
            wrong.append(f"{entity} was {was} and is {is_}")
    return wrong


def recovers(home_setup: TestHome, before: States) -> None:
    """Every entity is as it was, or as it should be by now, within `RIGHT_AGAIN_S` seconds from now on."""
    began_s, last = time.monotonic(), ["nothing was published"]

    def right() -> bool:
        last[:] = faults(before, home_setup.home.states())
        return not last

    try:
        wait(home_setup, "all is right again", right)
    except HomeError as error:
        raise AssertionError(f"{error} {'; '.join(last)}") from error
    log.info("right again after %.1f s", time.monotonic() - began_s)


def complaints(home_setup: TestHome) -> list[str]:
    """What Home Assistant has in its log against us; without a broker it may well complain."""
    return [line for line in home_setup.home.complaints() if "connect" not in line.lower()]


def all_unavailable(home_setup: TestHome) -> None:
    def gone() -> bool:
        states = home_setup.home.states()
        return all(states[entity]["state"] == "unavailable" for entity in ENTITIES)

    wait(home_setup, "all are unavailable", gone, 5)


def settled(home_setup: TestHome) -> States:
    """The states of a house at rest: the music plays, nothing fades, nothing is unknown that can be known."""
    becomes(home_setup, MOOD, "happy", 60)
    becomes(home_setup, "sensor.living_room_player", "play")
    wait(
        home_setup,
        "the sensors are there",
        lambda: not {home_setup.home.state(e) for e in ENTITIES - MOMENTS - NUMBERS} & UNKNOWN,
    )
    return home_setup.home.states()


def playing(home_setup: TestHome) -> str:
    return home_setup.mpd.mpc("-f", "%file%", "current").strip()


def place(home_setup: TestHome) -> str:
    """MPD's name for the song's place in the queue: in a list of three the next song may be the same."""
    return home_setup.mpd.mpc("-f", "%id%", "current").strip()


def queue(home_setup: TestHome) -> list[str]:
    return home_setup.mpd.mpc("-f", "%file%", "playlist").splitlines()


def plays(home_setup: TestHome, mood: str, within_s: float) -> None:
    """A song of this mood plays: each has a folder in the library."""
    wait(home_setup, f"MPD plays {mood}", lambda: playing(home_setup).startswith(f"{mood}/"), within_s)


def follows(home_setup: TestHome, mood: str) -> None:
    """A song of this mood stands in MPD's queue as the next one."""
    queued = ("-f", "%file%", "queued")
    wait(home_setup, f"{mood} is next", lambda: home_setup.mpd.mpc(*queued).startswith(f"{mood}/"), AT_ONCE_S)


def another_song(home_setup: TestHome, button: str) -> None:
    before = place(home_setup)
    home_setup.home.call("button.press", button)
    wait(home_setup, "another song", lambda: place(home_setup) != before, AT_ONCE_S)


def override(home_setup: TestHome, mood: str) -> None:
    select = "select.living_room_mood_override"
    home_setup.home.call("select.select_option", select, option=mood)
    becomes(home_setup, select, mood, AT_ONCE_S)


def becomes(home_setup: TestHome, entity: str, state: str, within_s: float = RIGHT_AGAIN_S) -> None:
    home_setup.home.wait_for(f"{entity} is {state}", lambda: home_setup.home.state(entity) == state, within_s)


def wait(home_setup: TestHome, what: str, holds: Callable[[], Any], within_s: float = RIGHT_AGAIN_S) -> None:
    home_setup.home.wait_for(what, holds, within_s)
