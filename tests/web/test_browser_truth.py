"""The page in a real browser shows of mood, song and past only what is so."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from moodpid.mood.emotion import Affect, Mood
from moodpid.state import PlayerState, PlayerStatus
from moodpid.text import clean
from tests.support.browser import Tab
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
