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


def test_restart_keeps_what_was_set(home_setup: TestHome) -> None:
    home_setup.home.call("number.set_value", "number.living_room_dwell", value=2)
    becomes(home_setup, "number.living_room_dwell", "2", AT_ONCE_S)
    home_setup.home.call("button.press", "button.living_room_restart")
    becomes(home_setup, MOOD, "unavailable")
    becomes(home_setup, MOOD, "happy", 30)
    becomes(home_setup, "number.living_room_dwell", "2")
    home_setup.home.call("number.set_value", "number.living_room_dwell", value=0)
    becomes(home_setup, "number.living_room_dwell", "0", AT_ONCE_S)


def test_a_killed_daemon_shows_as_unavailable_and_recovers(home_setup: TestHome) -> None:
    before = settled(home_setup)
    home_setup.moodpid.kill()
    all_unavailable(home_setup)
    home_setup.start_moodpid()
    recovers(home_setup, before)


def test_a_killed_broker_that_forgot_everything_is_reported_everything_again(home_setup: TestHome) -> None:
    before = settled(home_setup)
    home_setup.mosquitto.kill()
    all_unavailable(home_setup)
    home_setup.mosquitto.start()
    recovers(home_setup, before)


def test_after_a_home_assistant_restart_all_states_are_right(
    home_setup: TestHome,
) -> None:
    before = settled(home_setup)
    home_setup.home.restart()
    lies: set[str] = set()

    def runs() -> bool:
        states = home_setup.home.states()
        shown = {entity: states[entity]["state"] for entity in STEADY & states.keys()}
        lies.update(e for e, is_ in shown.items() if is_ not in {*UNKNOWN, before[e]["state"]})
        return bool(home_setup.home.get("/api/config")["state"] == "RUNNING")

    wait(home_setup, "it runs", runs, UP_S)
    recovers(home_setup, before)
    assert not lies


def test_home_assistant_has_nothing_to_complain_about(home_setup: TestHome) -> None:
    assert complaints(home_setup) == []


def test_forgetting_removes_the_device(home_setup: TestHome) -> None:
    assert home_setup.moodpid.terminate(30) == 0
    verb = [sys.executable, "-m", "moodpid", "forget", "--config", str(home_setup.config)]
    done = subprocess.run(verb, check=True, capture_output=True, text=True, timeout=30)
    assert "has forgotten" in done.stdout
    wait(home_setup, "no entity is left", lambda: not ENTITIES & set(home_setup.home.states()))
    home_setup.start_moodpid()
    becomes(home_setup, MOOD, "happy", 30)
