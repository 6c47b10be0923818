"""The page in a real browser shows of mood, song and past only what is so."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Dialog, Route, expect

from moodpid.mood.emotion import Affect, Mood
from moodpid.requests import Button, PressButton
from moodpid.state import CameraState, CameraStatus, PlayerState, PlayerStatus
from moodpid.text import clean
from tests.support.browser import Held, Tab, tab
from tests.support.page import PageServer, app_state


@pytest.mark.parametrize(("place", "shown"), [(None, "song away"), (Affect(0.5, -0.5), "song")])
def test_only_an_analysed_song_has_a_note_on_the_plane(
    opened: Tab, server: PageServer, place: Affect | None, shown: str
) -> None:
    # A user's own song, with ours behind it
    player = PlayerState(PlayerStatus.PLAY, clean("A podcast"), mood=Mood.ANGRY, place=place)
    server.publisher.publish(replace(app_state(), player=player), ())
    opened.show("now")
    expect(opened.page.locator(".song-title")).to_have_text("A podcast")
    expect(opened.page.locator("g.song")).to_have_class(shown)


@pytest.mark.parametrize("width", [320, 390, 960, 1280])
def test_before_a_first_look_the_page_fits_and_is_true(
    browser: Browser, server: PageServer, width: int
) -> None:
    with tab(browser, f"http://127.0.0.1:{server.port}/", {"width": width, "height": 740}) as opened:
        opened.show("now")
        for status, text in ((CameraStatus.STARTING, "is starting"), (CameraStatus.OFF, "is off")):
            state = replace(app_state(), mood=None, observed_mood=None, camera=CameraState(status))
            server.publisher.publish(state, ())
            expect(opened.page.locator(".trouble")).to_have_text(f"The camera {text}")
            expect(opened.page.locator(".mood-word")).to_have_text("Unknown")
            for part in ("html", ".mood-word"):
                beyond = opened.page.locator(part).evaluate("e => e.scrollWidth - e.clientWidth")
                assert beyond <= 0, part


def answer_with_trail(route: Route) -> None:
    """Answer with a line of before, whose points are 288 and 285 seconds old."""
    now_s = time.monotonic()
    trail = [[now_s - 288, 0.1, 0.1], [now_s - 285, 0.5, 0.5]]
    route.fulfill(json={"now_s": now_s, "moods": [], "songs": [], "trail": trail})


def test_the_trail_on_the_plane_ends_after_five_minutes(opened: Tab, server: PageServer) -> None:
    server.publisher.publish(app_state(Mood.NOBODY), ())
    opened.page.clock.install()
    opened.page.route("**/api/day", answer_with_trail)
    opened.show("now")
    trail = opened.page.locator(".trail").first
    expect(trail).to_have_attribute("points", re.compile("10,-10"))
    opened.page.clock.run_for(21_000)
    expect(trail).to_have_attribute("points", "")


def test_a_trail_that_comes_before_the_clock_is_kept(opened: Tab) -> None:
    events = Held()
    opened.page.route("**/api/events*", events)
    opened.page.route("**/api/day", answer_with_trail)
    with opened.page.expect_response("**/api/day"):
        opened.show("now")
    events.wait_for(1, opened.page)
    for route in events.routes:
        route.continue_()
    expect(opened.page.locator(".trail").first).to_have_attribute("points", re.compile("10,-10"))


def hide(opened: Tab, *, hidden: bool) -> None:
    """Hide the page or show it again, as a phone does that sleeps and wakes."""
    opened.page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_a_phone_that_wakes_out_of_reach_soon_says_so(opened: Tab) -> None:
    opened.page.clock.install()
    opened.show("now")
    expect(opened.page.locator(".mood-word")).to_have_text("Happy")
    hide(opened, hidden=True)
    # From here on it moves by `run_for` alone: what this takes on a busy machine is no time of the page
    opened.page.clock.pause_at(datetime.now(UTC) + timedelta(hours=8))
    unanswered = Held()
    opened.page.route("**/api/*", unanswered)
    hide(opened, hidden=False)
    unanswered.wait_for(1, opened.page)
    banner = opened.page.locator(".offline")
    opened.page.clock.run_for(2_900)
    expect(banner).to_be_empty()
    opened.page.clock.run_for(200)
    expect(banner).to_contain_text("No connection")
    unanswered.routes[0].continue_()  # slow, but there
    expect(banner).to_be_empty()


def test_the_span_that_was_chosen_stays_while_others_leave(opened: Tab) -> None:
    now_s = time.monotonic()
    begins = {"happy": 3700, "sad": 3570, "neutral": 1800, "angry": 600}  # the first ends as the hour does
    ages = [*begins.values(), 0]
    moods = [
        [mood, now_s - start, now_s - end, 0.9]
        for mood, start, end in zip(begins, ages, ages[1:], strict=False)
    ]
    day = {"now_s": now_s, "moods": moods, "songs": [], "trail": []}
    opened.page.clock.install()
    opened.page.route("**/api/day", lambda route: route.fulfill(json=day))
    opened.show("today")
    strip, spans, detail = (opened.page.locator(name) for name in (".strip", ".strip .span", ".detail"))
    expect(spans).to_have_count(4)
    strip.focus()
    strip.press("ArrowLeft")
    expect(detail).to_contain_text("Neutral")
    opened.page.clock.run_for(35_000)
    expect(spans).to_have_count(3)
    expect(detail).to_contain_text("Neutral")
    expect(strip).to_have_attribute("aria-valuenow", "1")
    box = strip.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 30)
    expect(detail).to_contain_text("Sad")
    strip.press("End")
    expect(detail).to_contain_text("Angry")


@pytest.mark.parametrize(
    ("name", "pressed"),
    [("Forget what was learned", Button.FORGET_ROOM), ("Restart the service", Button.RESTART)],
)
def test_what_cannot_be_undone_is_asked_about_first(
    opened: Tab, server: PageServer, name: str, pressed: Button
) -> None:
    opened.show("settings")
    button = opened.page.get_by_role("button", name=name)
    for answer in (Dialog.dismiss, Dialog.accept):
        opened.page.once("dialog", answer)
        button.click()
    expect(opened.page.locator(".toast")).to_have_text(f"{button.inner_text()}: Done")
    assert server.requests.drain() == [PressButton(pressed)]


def test_a_player_not_yet_asked_counts_as_no_fault(opened: Tab, server: PageServer) -> None:
    heading = opened.page.locator(".player-card h2")
    opened.show("now")
    for message, shown in (
        ("", "Asking the player …"),
        ("Connection refused", "The player cannot be reached"),
    ):
        player = PlayerState(PlayerStatus.UNREACHABLE, message=clean(message))
        server.publisher.publish(replace(app_state(), player=player), ())
        expect(heading).to_have_text(shown)
