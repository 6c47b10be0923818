"""A guest at a real MPD, with mpc as the other person in the house."""

import logging

import pytest
from servers import PrivateMpd

from moodpid.config import Change, Entry
from moodpid.mood.emotion import Mood
from moodpid.music.connection import Link
from moodpid.state import PlayerState, PlayerStatus
from tests.music.watched import Start, Watched, connected, folders, playing, queue, until


def hosting(mpd: PrivateMpd, start: Start, **settings: object) -> Watched:
    """A long song of a person's is paused, so that nothing ends while we look, and ours wait behind it."""
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    watched = start(**settings)
    watched.wish(Mood.HAPPY)
    watched.until(lambda state: state.mood is Mood.HAPPY)
    return watched


def hands_off(state: PlayerState) -> bool:
    return "hands off until" in state.message


def test_a_person_s_song_is_never_removed_and_we_stand_down(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("add", "sad/november.wav")
    state = watched.until(hands_off)
    assert state.message.startswith("somebody added songs: hands off until ")
    before = queue(mpd)
    watched.wish(Mood.SAD)
    mpd.mpc("next")
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    assert queue(mpd) == before


def test_after_the_time_we_come_back_behind_the_person_s_request(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start, hands_off_s=1.0)
    mpd.mpc("insert", "sad/november.wav")
    watched.until(hands_off)
    watched.until(lambda state: not state.message)
    watched.wish(Mood.FEAR)
    watched.until(lambda state: state.mood is Mood.FEAR)
    assert queue(mpd)[1] == "sad/november.wav"
    assert folders(mpd)[2:4] == ["fear", "fear"]


@pytest.mark.parametrize(
    ("doing", "told"),
    [
        (["clear"], "cleared the queue"),
        (["del", "2"], "removed songs of ours"),
        (["play", "5"], "chose another song"),
        (["load", "Sad"], "added songs"),
    ],
)
def test_what_a_person_did_is_told(mpd: PrivateMpd, start: Start, doing: list[str], told: str) -> None:
    watched = hosting(mpd, start)
    mpd.mpc(*doing)
    assert told in watched.until(hands_off).message


def test_skipping_to_our_song_is_no_take_over(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("next")
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    until(lambda: folders(mpd).count("happy") == 3)  # the one that plays, and two that wait
    assert not watched.states[-1].message


@pytest.mark.parametrize("switch", ["single", "repeat"])
def test_one_song_for_ever_is_respected_and_told(mpd: PrivateMpd, start: Start, switch: str) -> None:
    mpd.mpc("add", "sad/november.wav")
    mpd.mpc("play")
    mpd.mpc("pause")
    mpd.mpc(switch, "on")
    watched = start()
    watched.wish(Mood.HAPPY)
    state = watched.until(lambda state: bool(state.message))
    assert "single" in state.message or "repeated" in state.message
    assert queue(mpd) == ["sad/november.wav"]
    mpd.mpc(switch, "off")
    watched.until(lambda state: state.mood is Mood.HAPPY)


def test_in_random_mode_ours_still_come_next(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("load", "Fear")
    mpd.mpc("random", "on")
    watched = hosting(mpd, start)
    assert watched.states
    for _ in range(3):
        mpd.mpc("next")
        until(lambda: playing(mpd).startswith("happy/"))
        until(lambda: folders(mpd).count("happy") >= 3)
    assert "random: on" in mpd.mpc("status")


def test_consumed_songs_are_no_take_over(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("consume", "on")
    watched = hosting(mpd, start)
    for _ in range(3):
        song = playing(mpd)
        mpd.mpc("next")
        until(lambda song=song: playing(mpd) != song)  # type: ignore[misc]
    watched.read()
    assert not any(state.message for state in watched.states)


def test_queue_puts_ours_behind_everything(mpd: PrivateMpd, start: Start) -> None:
    hosting(mpd, start, change=Change.QUEUE)
    assert folders(mpd) == ["neutral"] * 3 + ["happy"] * 2


def test_now_lets_mpd_s_own_crossfade_lead_into_our_song(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("crossfade", "1")
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    watched = start(change=Change.NOW)
    watched.wish(Mood.HAPPY)
    until(lambda: playing(mpd).startswith("happy/"))
    assert "xfade: 1" in mpd.mpc("crossfade").replace("crossfade", "xfade")


def test_songs_that_played_are_trimmed_but_for_the_last(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    for _ in range(4):
        song = playing(mpd)
        mpd.mpc("next")
        until(lambda song=song: playing(mpd) != song and folders(mpd).count("happy") >= 3)  # type: ignore[misc]
    until(lambda: folders(mpd) == ["neutral"] + ["happy"] * 4 + ["neutral"] * 2)
    assert watched.read() is not None


def test_two_at_one_mpd_notice_each_other_and_the_second_stands_down(mpd: PrivateMpd, start: Start) -> None:
    first = hosting(mpd, start)
    second = start()
    second.wish(Mood.SAD)
    assert "another moodpid" in second.until(lambda state: bool(state.message)).message
    assert "sad" not in folders(mpd)
    first.worker.stop()
    second.until(lambda state: state.mood is Mood.SAD)


def test_a_partition_is_entered_and_a_missing_one_is_told(mpd: PrivateMpd, start: Start) -> None:
    assert 'no partition "kitchen"' in start(partition="kitchen").until(lambda s: bool(s.message)).message
    with connected(mpd) as client:
        client.newpartition("bath")
    watched = start(partition="bath")
    watched.wish(Mood.HAPPY)
    watched.until(lambda state: state.mood is Mood.HAPPY)
    assert queue(mpd) == []


def test_a_list_may_be_a_filter_or_a_folder(mpd: PrivateMpd, start: Start) -> None:
    lists = {Mood.HAPPY: (Entry(filter='(genre == "Pop")'),), Mood.SAD: (Entry(folder="sad"),)}
    watched = start(playlists=lists)
    watched.wish(Mood.HAPPY, '(genre == "Pop")')
    watched.until(lambda state: state.playlist == '(genre == "Pop")')
    assert folders(mpd) == ["happy", "happy"]
    watched.wish(Mood.SAD, "sad/")
    watched.until(lambda state: state.playlist == "sad/")
    assert folders(mpd) == ["sad", "sad"]


def test_a_filter_that_mpd_does_not_understand_is_told(mpd: PrivateMpd, start: Start) -> None:
    watched = start(playlists={Mood.HAPPY: (Entry(filter="(gnre == 'x')"),)})
    watched.wish(Mood.HAPPY, "x")
    assert "Unknown filter type" in watched.until(lambda state: bool(state.message)).message
    assert queue(mpd) == []


def test_a_mood_without_a_list_takes_its_neighbour_s_and_says_so_once(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    watched = start(playlists={Mood.HAPPY: ("Happy",), Mood.SAD: ("Sad",)})
    for mood in (Mood.DISGUST, Mood.HAPPY, Mood.DISGUST):
        watched.wish(mood, "Sad")
        watched.until(lambda state, mood=mood: state.mood is mood)  # type: ignore[misc]
    assert folders(mpd) == ["sad", "sad"]
    assert sum("no list for disgust" in line for line in caplog.messages) == 1


def test_a_song_heard_and_a_song_skipped_leave_their_stickers(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("next")
    until(lambda: playing(mpd).startswith("happy/"))
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    heard = playing(mpd)
    until(lambda: playing(mpd) != heard)
    until(lambda: "moodpid_happy_heard=1" in mpd.mpc("sticker", heard, "list"))
    assert "playCount=1" in mpd.mpc("sticker", heard, "list")
    mpd.mpc("next")
    mpd.mpc("pause")  # at its very beginning, however slow the machine
    watched.until(lambda state: state.status is PlayerStatus.PAUSE)
    skipped = playing(mpd)
    mpd.mpc("next")
    until(lambda: "moodpid_happy_skipped=1" in mpd.mpc("sticker", skipped, "list"))
    assert "skipCount=1" in mpd.mpc("sticker", skipped, "list")


def test_a_song_that_does_not_fit_is_remembered_and_left(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("next")
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    song = playing(mpd)
    watched.worker.misfit()
    until(lambda: "moodpid_happy_skipped=" in mpd.mpc("sticker", song, "list"))
    until(lambda: playing(mpd) != song)


def test_skip_goes_on_but_never_starts_a_paused_player(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    watched.worker.skip()
    watched.wish(Mood.SAD)
    watched.until(lambda state: state.mood is Mood.SAD)
    assert watched.states[-1].status is PlayerStatus.PAUSE
    mpd.mpc("play")
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    song = playing(mpd)
    watched.worker.skip()
    until(lambda: playing(mpd) != song)


def test_a_person_s_next_on_a_song_of_ours_is_told_as_a_skip(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("next")  # away from the person's own song
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    assert watched.skips == 0
    song = playing(mpd)
    mpd.mpc("next")
    watched.until(lambda _: watched.skips == 1)
    assert playing(mpd) != song


@pytest.mark.parametrize("press", ["skip", "misfit"])
def test_a_skip_that_was_asked_of_us_is_not_news(mpd: PrivateMpd, start: Start, press: str) -> None:
    watched = hosting(mpd, start)
    mpd.mpc("next")
    watched.until(lambda state: state.status is PlayerStatus.PLAY)
    title = watched.states[-1].title
    getattr(watched.worker, press)()
    watched.until(lambda state: state.title != title)
    assert watched.skips == 0


def test_a_song_that_ends_and_one_that_we_cut_short_are_no_skips(mpd: PrivateMpd, start: Start) -> None:
    watched = start(change=Change.NOW, autoplay=True)
    watched.wish(Mood.HAPPY)
    first = watched.until(lambda state: state.status is PlayerStatus.PLAY).title
    watched.until(lambda state: state.title != first)
    watched.wish(Mood.SAD)
    watched.until(
        lambda _: playing(mpd).startswith("sad/") and watched.states[-1].artist.endswith("Sad Three")
    )
    assert watched.skips == 0


def test_without_a_sticker_database_it_is_said_once_and_music_plays(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    config = mpd.folder / "mpd.conf"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("sticker_file")))
    mpd.stop()
    mpd.start()
    hosting(mpd, start)
    assert sum("sticker" in line for line in caplog.messages if "does not let us" in line) == 1


def test_our_songs_are_ours_again_after_mpd_restarted(mpd: PrivateMpd, start: Start) -> None:
    watched = hosting(mpd, start)
    mpd.stop()
    watched.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    mpd.start()
    watched.wish(Mood.SAD)
    watched.until(lambda state: state.mood is Mood.SAD)
    assert folders(mpd) == ["neutral", "sad", "sad", "neutral", "neutral"]


def test_at_rest_nothing_is_asked(mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = Link.ask

    def counted(self: Link, command: str, *arguments: object) -> object:
        asked.append(command)
        return ask(self, command, *arguments)

    monkeypatch.setattr(Link, "ask", counted)
    watched = hosting(mpd, start)
    count = -1
    while count != len(asked):  # MPD reports our own writing back to us
        count = len(asked)
        assert not watched.worker.join(0.5)
    mpd.mpc("volume", "60")  # not our business
    assert not watched.worker.join(0.5)
    assert len(asked) == count
