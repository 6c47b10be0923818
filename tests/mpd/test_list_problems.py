"""What is wrong with lists: shown while it keeps the mood's music away, and logged once."""

from moodpid.mood.emotion import Mood
from moodpid.state import PlayerState
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, hosting


def names_a_list(state: PlayerState) -> bool:
    return "no playlist" in state.message


def test_lists_of_another_mood_are_not_blamed(mpd: PrivateMpd, start: Start) -> None:
    for name in ("Angry", "Sad"):
        mpd.mpc("rm", name)
    harness = hosting(mpd, start)
    harness.request(Mood.SAD)
    message = harness.until(names_a_list).message
    assert message == 'MPD has no playlist "Sad": save it, or correct [player.playlists]'
    harness.request(Mood.HAPPY)
    harness.until(lambda state: not names_a_list(state))
    mpd.mpc("save", "Sad")
    harness.request(Mood.ANGRY)
    message = harness.until(names_a_list).message
    assert message == 'MPD has no playlist "Angry": save it, or correct [player.playlists]'
