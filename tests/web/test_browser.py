"""The page in a real browser, before a real service with a real MPD and the bundled recording."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.browser import DESKTOP, PHONE, Tab, tab
from tests.support.environment import require
from tests.support.page_service import page_service
from tests.support.servers import PrivateMpd

VIEWS = ("now", "aim", "today", "music", "settings", "try")

FACE = Path(__file__).parents[2] / "models" / "faces" / "happy.png"

PLAYLISTS = {
    "happy": ["Happy"],
    "sad": ["Sad", "Missing <b>list</b>"],
    "neutral": ["Neutral"],
    "nobody": ["Nobody"],
}


@pytest.fixture(scope="module")
def player(library: Path) -> Iterator[PrivateMpd]:
    require("mpd", "mpc")
    with PrivateMpd(library) as server:
        yield server


@pytest.fixture(scope="module")
def service(player: PrivateMpd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page of a running service."""
    with page_service(player, tmp_path_factory.mktemp("service"), PLAYLISTS) as address:
        yield address


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, service: str) -> Iterator[Tab]:
    scheme = "dark" if request.param is PHONE else "light"
    with tab(browser, service, request.param, scheme) as opened:
        yield opened


def _plays(player: PrivateMpd) -> str:
    command = ["mpc", "-p", str(player.port), "current", "-f", "%file%"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def _settings(service: str) -> dict[str, Any]:
    """Return the settings of the service, as a new page receives them."""
    connection = http.client.HTTPConnection(service.removeprefix("http://").rstrip("/"), timeout=30)
    connection.request("GET", "/api/events")
    response = connection.getresponse()
    while True:
        line = response.readline().decode()
        if line.startswith("data: {"):
            found = json.loads(line.removeprefix("data: "))
            if "settings" in found:
                connection.close()
                settings_texts: dict[str, Any] = found["settings"]
                return settings_texts


def _until(holds: Any, what: str, within_s: float = 60.0) -> None:  # noqa: ANN401 - any condition
    until_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until_s, f"in vain: {what}"
        time.sleep(0.05)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_complete_accessible_and_within_the_screen(page: Tab, view: str) -> None:
    page.show(view)
    ready = {
        "now": ".mood-word:not(:empty)",
        "aim": ".stage img:not(.away)",
        "today": ".strip .span >> nth=0",
        "music": ".mood-card >> nth=7",
        "settings": "[role=switch] >> nth=0",
        "try": ".drop button >> nth=0",
    }
    page.page.locator(ready[view]).wait_for()
    checked = Axe().run(page.page).response
    assert len(checked["passes"]) > 10
    grave = [rule for rule in checked["violations"] if rule["impact"] in {"serious", "critical"}]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in grave] == []
    width = page.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page scrolls sideways"


def test_controls_do_their_work_in_daemon_and_player(page: Tab, service: str, player: PrivateMpd) -> None:
    page.show("settings")
    mood = page.page.get_by_label("Mood", exact=True)
    mood.select_option("sad")
    _until(lambda: "sad/" in _plays(player), "a sad song plays")
    expect(mood).to_have_value("sad")
    page.show("now")
    expect(page.page.locator(".mood-word")).to_have_text("Sad")
    before = _plays(player)
    page.page.get_by_role("button", name="Skip", exact=True).click()
    _until(lambda: _plays(player) not in {"", before}, "another song plays")
    page.page.get_by_label("Set the mood").select_option("automatic")
    page.show("settings")
    watch = page.page.get_by_label("Watch", exact=True)
    watch.uncheck()
    _until(lambda: _settings(service)["enabled"] == "OFF", "watching is off")
    watch.check()
    _until(lambda: _settings(service)["enabled"] == "ON", "watching is on")
    dwell = page.page.get_by_label("A mood lasts at least")
    dwell.focus()
    dwell.press("ArrowRight")
    _until(lambda: _settings(service)["dwell_s"] in {"2", "3"}, "the dwell is longer")


def test_lists_show_counts_problems_and_what_would_play(page: Tab) -> None:
    page.show("music")
    sad = page.page.locator(".mood-card[data-mood=sad]")
    expect(sad).to_contain_text("3 songs")
    expect(sad.locator(".problem")).to_contain_text("Missing <b>list</b>")
    sad.get_by_text("What would play?").click()
    expect(sad.locator(".next-songs li").first).to_contain_text("from Sad")


def test_a_picture_of_the_user_s_own_is_read(page: Tab) -> None:
    page.show("try")
    page.page.locator("input[type=file]").first.set_input_files(FACE)
    expect(page.page.locator(".top")).to_contain_text("Happy")
    expect(page.page.locator(".stage rect")).to_have_count(1)
    page.page.locator("input[type=file]").first.set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(page.page.locator("main [role=status]")).to_have_text("The browser cannot open this picture.")


def test_offline_is_shown_and_ends_by_itself(page: Tab) -> None:
    page.show("now")
    banner = page.page.locator(".offline")
    expect(banner).to_be_empty()
    page.page.context.set_offline(True)
    page.page.evaluate("dispatchEvent(new Event('online'))")  # the feed is opened again, in vain
    expect(banner).to_contain_text("No connection")
    page.page.context.set_offline(False)
    expect(banner).to_be_empty()
    page.complaints.clear()  # of requests that could not be sent


def test_turning_the_picture_spells_out_the_configuration(page: Tab) -> None:
    page.show("aim")
    page.page.get_by_role("button", name="Turn right").click()
    page.page.get_by_role("button", name="Mirror").click()
    lines = page.page.locator(".lines")
    expect(lines).to_have_text("[camera]\nrotation = 90\nhflip = false\nvflip = true")


def test_the_keyboard_alone_goes_through_the_page(browser: Browser, service: str) -> None:
    with tab(browser, service) as opened:
        opened.show("today")
        opened.page.locator(".strip .span").first.wait_for()
        opened.page.keyboard.press("Tab")
        expect(opened.page.locator(":focus")).to_have_text("Skip to content")
        opened.page.locator(".strip").focus()
        opened.page.keyboard.press("Home")
        expect(opened.page.locator(".strip")).to_have_attribute("aria-valuenow", "0")
        expect(opened.page.locator(".chosen")).to_have_count(1)


def test_the_page_is_small() -> None:
    folder = Path(__file__).parents[2] / "moodpid" / "web" / "static"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 60_000
