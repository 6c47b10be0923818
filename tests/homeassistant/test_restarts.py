"""Whatever dies and comes back, every entity comes right again; what is forgotten stays away."""

import subprocess
import sys

import pytest

from tests.support.home import (
    AT_ONCE_S,
    ENTITIES,
    MOOD,
    STEADY,
    UNKNOWN,
    TestHome,
    all_unavailable,
    becomes,
    complaints,
    recovers,
    settled,
    wait,
)
from tests.support.homeassistant import UP_S

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(600)]


def test_restart_keeps_what_was_set(house: TestHome) -> None:
    house.home.call("number.set_value", "number.living_room_dwell", value=2)
    becomes(house, "number.living_room_dwell", "2", AT_ONCE_S)
    house.home.call("button.press", "button.living_room_restart")
    becomes(house, MOOD, "unavailable")
    becomes(house, MOOD, "happy", 30)
    becomes(house, "number.living_room_dwell", "2")
    house.home.call("number.set_value", "number.living_room_dwell", value=0)
    becomes(house, "number.living_room_dwell", "0", AT_ONCE_S)


def test_a_killed_daemon_is_unavailable_and_all_is_right_again_when_it_is_back(house: TestHome) -> None:
    before = settled(house)
    house.moodpid.kill()
    all_unavailable(house)
    house.start_moodpid()
    recovers(house, before)


def test_a_killed_broker_that_forgot_everything_is_told_everything_again(house: TestHome) -> None:
    before = settled(house)
    house.mosquitto.kill()
    all_unavailable(house)
    house.mosquitto.start()
    recovers(house, before)


def test_after_a_restart_of_home_assistant_all_is_right_again_and_nothing_lies_meanwhile(
    house: TestHome,
) -> None:
    before = settled(house)
    house.home.restart()
    lies: set[str] = set()

    def runs() -> bool:
        states = house.home.states()
        told = {entity: states[entity]["state"] for entity in STEADY & states.keys()}
        lies.update(e for e, is_ in told.items() if is_ not in {*UNKNOWN, before[e]["state"]})
        return bool(house.home.get("/api/config")["state"] == "RUNNING")

    wait(house, "it runs", runs, UP_S)
    recovers(house, before)
    assert not lies


def test_home_assistant_has_nothing_to_complain_about(house: TestHome) -> None:
    assert complaints(house) == []


def test_forgetting_removes_the_device(house: TestHome) -> None:
    assert house.moodpid.terminate() == 0
    verb = [sys.executable, "-m", "moodpid", "forget", "--config", str(house.config)]
    done = subprocess.run(verb, check=True, capture_output=True, text=True, timeout=30)
    assert "has forgotten" in done.stdout
    wait(house, "no entity is left", lambda: not ENTITIES & set(house.home.states()))
    house.start_moodpid()
    becomes(house, MOOD, "happy", 30)
