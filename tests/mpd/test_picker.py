"""Which list, which song of it, and what hearing it teaches."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import SongSource, parse
from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood
from moodpid.mpd.choice import SHORTLIST, best, pick_list, shortlist
from moodpid.mpd.feedback import Preference, Verdict, changes, heard_since, own_names, preference, verdict
from moodpid.mpd.song_lists import PAGE, sample

URIS = st.lists(st.sampled_from("abcdefghij"), max_size=30)


def rng(seed: int = 5) -> Random:
    return Random(seed)  # noqa: S311 - no secret


def test_lists_are_taken_by_their_weights() -> None:
    rare, often = SongSource(playlist="rare"), SongSource(playlist="often", weight=9)
    dice = rng()
    drawn = Counter(pick_list([rare, often], dice).name for _ in range(1000))
    assert 850 < drawn["often"] < 950


def test_a_song_heard_lately_rests_while_others_are_there() -> None:
    heard = {"a": 90.0, "b": 10.0}
    for seed in range(20):
        assert shortlist(["a", "b"], [], heard, 50.0, rng(seed)) == ("b",)


def test_in_a_list_too_short_the_longest_unheard_comes_again() -> None:
    heard = {"a": 90.0, "b": 80.0, "c": 70.0}
    assert shortlist("abc", ["c"], heard, 50.0, rng()) == ("b",)


def test_a_list_of_one_song_repeats_it() -> None:
    assert shortlist("a", ["a"], {"a": 1.0}, 0.0, rng()) == ("a",)


@given(uris=URIS, waiting=URIS, heard=st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0, 100)))
def test_something_is_found_in_every_list_that_is_not_empty(
    uris: list[str], waiting: list[str], heard: dict[str, float]
) -> None:
    songs = shortlist(uris, waiting, heard, 50.0, rng())
    assert bool(songs) == bool(uris)
    assert len(songs) <= SHORTLIST
    assert set(songs) <= set(uris)
    rested = [uri for uri in uris if uri not in waiting and heard.get(uri, -1.0) < 50.0]
    assert not rested or set(songs) <= set(rested)


@given(st.integers(0, 300))
def test_a_page_of_any_list_has_a_limit(length: int) -> None:
    page = sample((str(n) for n in range(length)), rng())
    assert page.total == length
    assert len(page.uris) == len(set(page.uris)) == min(length, PAGE)


def test_every_song_of_a_long_list_has_its_chance() -> None:
    dice, drawn = rng(), Counter[str]()
    for _ in range(400):
        drawn.update(sample((str(n) for n in range(4 * PAGE)), dice).uris)
    assert len(drawn) == 4 * PAGE
    assert min(drawn.values()) > 50  # a quarter of 400, and chance


def test_an_unloved_song_becomes_rare_and_new_ones_get_tried() -> None:
    dice = rng()
    songs = {"loved": Preference(8, 1), "unloved": Preference(1, 8), "new": Preference()}
    drawn = Counter(best(songs, dice) for _ in range(1000))
    assert drawn["loved"] > drawn["new"] > 50 > drawn["unloved"]


def test_leaving_early_is_a_skip_and_leaving_late_a_hearing() -> None:
    assert verdict(0.33) is Verdict.SKIPPED
    assert verdict(0.34) is None
    assert verdict(0.5) is None
    assert verdict(0.95) is Verdict.HEARD


def test_plays_are_counted_in_common_and_own_stickers() -> None:
    stickers = {"playCount": "4"}
    new = changes(stickers, stickers, Mood.HAPPY, Verdict.HEARD, 99.5)
    assert new == {"moodpid_happy_heard": "1", "playCount": "5", "lastPlayed": "99"}


def test_what_another_program_counted_meanwhile_is_not_counted_twice() -> None:
    new = changes({"skipCount": "5"}, {"skipCount": "4"}, Mood.SAD, Verdict.SKIPPED, 99.5)
    assert new == {"moodpid_sad_skipped": "1", "lastSkipped": "99"}


def test_not_fitting_one_mood_says_nothing_of_another() -> None:
    stickers = changes({}, {}, Mood.SAD, Verdict.REJECTED, 0.0)
    assert preference(stickers, Mood.SAD).bad > 0
    assert preference(stickers, Mood.HAPPY) == Preference()


def test_stickers_tell_what_was_heard_before_a_restart() -> None:
    assert heard_since({"lastPlayed": "50"}, 40, 60)
    assert not heard_since({"lastPlayed": "30"}, 40, 60)
    assert not heard_since({"lastPlayed": "70"}, 40, 60)  # by a clock that was wrong
    assert not heard_since({}, 40, 60)
    assert not heard_since({}, -7000, 200)  # a clock that begins in 1970


def test_a_song_hated_elsewhere_counts_against_it_here() -> None:
    assert preference({"like": "0"}, Mood.SAD).bad > 0
    assert preference({"like": "2"}, Mood.SAD).good > 0
    assert preference({"like": "1"}, Mood.SAD) == Preference()


@given(st.dictionaries(st.sampled_from(["like", "playCount", *own_names(Mood.SAD)]), st.text()))
def test_stickers_of_any_text_do_no_harm(stickers: dict[str, str]) -> None:
    what = preference(stickers, Mood.SAD)
    assert 0 <= what.sample(rng()) <= 1
    assert all(value.isdecimal() for value in changes(stickers, {}, Mood.SAD, Verdict.HEARD, 0.0).values())


def test_a_list_may_mix_playlists_filters_and_folders() -> None:
    text = 'happy = ["Happy", {filter = \'(genre == "Jazz")\', weight = 2}, {folder = "party/"}]'
    player = parse(f"[player.playlists]\n{text}").player
    assert player.names[Mood.HAPPY] == ("Happy", '(genre == "Jazz")', "party/")
    assert [entry.weight for entry in player.lists[Mood.HAPPY]] == [1, 2, 1]


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("{fliter = '(a)'}", "did you mean filter"),
        ("{filter = 'genre Jazz'}", "in parentheses"),
        ("{}", "one of playlist, filter and folder"),
        ("{playlist = 'a', folder = 'b'}", "one of playlist, filter and folder"),
        ("{folder = 'a', weight = 0}", "weight is a number above 0 up to 100,000,000, not 0"),
        ("7", "an entry is text in quotes, not 7"),
    ],
)
def test_a_wrong_entry_is_reported_by_its_line(entry: str, meant: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f"[player.playlists]\nhappy = [{entry}]", "moodpid.toml")
    (fault,) = error.value.lines
    assert fault.startswith("moodpid.toml, line 2: [player.playlists] happy: ")
    assert meant in fault


def test_the_table_of_targets_knows_moods_only() -> None:
    good = parse('[player.playlists]\nsad = ["Sad"]\n[player.lift]\nsad = "happy"').player
    assert good.targets[Mood.SAD] is Mood.HAPPY
    with pytest.raises(ConfigError, match="did you mean happy"):
        parse('[player.playlists]\nsad = ["Sad"]\n[player.lift]\nsad = "hapy"')


def test_no_song_follows_itself_while_there_is_another() -> None:
    for _ in range(20):
        assert shortlist(["a", "b", "c"], ["c", "a", "b"], {}, 0.0, rng()) == ("c",)
        assert shortlist(["a", "b"], ["a", "b"], {"a": 9.0, "b": 1.0}, 0.0, rng()) == ("a",)
