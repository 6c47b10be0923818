"""What docs/home-assistant.md shows works."""

from pathlib import Path

import pytest
from homeassistant.blocks import blocks

from tests.homeassistant.conftest import FOLDERS
from tests.support.homeassistant import Home
from tests.support.servers import PrivateMosquitto

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(600)]
PAGE = Path(__file__).parents[2] / "docs" / "home-assistant.md"


@pytest.mark.parametrize("folder", FOLDERS or [None], ids=lambda folder: getattr(folder, "name", "none"))
def test_the_automations_of_the_page_are_taken_without_complaint(folder: Path | None) -> None:
    if folder is None:
        pytest.skip("set MOODPID_HOMEASSISTANT to folders made by tools/homeassistant/install")
    automations = "".join(blocks(PAGE, "automation"))
    with PrivateMosquitto() as mosquitto, Home(folder, mosquitto.port, automations=automations) as home:
        states = {e: s["state"] for e, s in home.states().items() if e.startswith("automation.")}
        assert states == {
            "automation.lamp_in_the_colour_of_the_mood": "on",
            "automation.sad_for_an_hour": "on",
            "automation.party": "on",
        }
        assert home.complaints("automation") == []
