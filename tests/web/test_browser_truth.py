"""The page in a real browser shows of mood, song and past only what is so."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from moodpid.mood.emotion import Affect, Mood
from moodpid.state import CameraState, CameraStatus, PlayerState, PlayerStatus
from moodpid.text import clean
from tests.support.browser import Tab, tab
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
