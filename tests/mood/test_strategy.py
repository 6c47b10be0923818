"""Where the music leads, from the mood of the room and the lists that are there."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import MpdConfig
from moodpid.mood.emotion import AFFECT, Affect, Mood
from moodpid.mood.strategy import MoodPath, mood_for_next_song, moods_along, nearest, start_path

ALL = [mood for mood in Mood if mood is not Mood.NOBODY]
TARGETS = MpdConfig().targets


def having(moods: Collection[Mood]) -> dict[Mood, str]:
    """A list for each of these moods."""
    return dict.fromkeys(moods, "a list")


def matched(path: MoodPath, moods: Collection[Mood]) -> Mood | None:
    return mood_for_next_song(path, having(moods), {})


def lift(mood: Mood, songs: int) -> list[Mood | None]:
    path, heard = start_path(mood, None), []
    for _ in range(songs):
        heard.append(mood_for_next_song(path, having(ALL), TARGETS))
        path = path.advanced()
    return heard


def test_lifting_begins_where_the_person_is_and_ends_cheerful() -> None:
    assert lift(Mood.SAD, 7) == [
        *(Mood.SAD, Mood.SAD),
        *(Mood.NEUTRAL, Mood.NEUTRAL),
        *(Mood.HAPPY, Mood.HAPPY, Mood.HAPPY),
    ]


def test_anger_is_calmed_before_it_is_cheered() -> None:
    heard = lift(Mood.ANGRY, 8)
    assert heard[0] is Mood.ANGRY
    assert heard.index(Mood.NEUTRAL) < heard.index(Mood.HAPPY)
    assert heard[-1] is Mood.HAPPY


def test_a_circular_fallback_table_ends() -> None:
    ring = {Mood.SAD: Mood.HAPPY, Mood.HAPPY: Mood.SAD}
    assert mood_for_next_song(MoodPath(Mood.SAD, AFFECT[Mood.SAD], 100), having(ALL), ring) is Mood.SAD


def test_the_way_names_each_step_once() -> None:
    assert moods_along(start_path(Mood.SAD, None), having(ALL), TARGETS) == (
        Mood.SAD,
        Mood.NEUTRAL,
        Mood.HAPPY,
    )
    assert moods_along(start_path(Mood.SAD, None), having(ALL), {}) == (Mood.SAD,)
    assert moods_along(start_path(Mood.SAD, None), {Mood.SAD: ()}, TARGETS) == ()


def test_lifting_out_of_fear_begins_with_the_list_of_fear() -> None:
    path = start_path(Mood.FEAR, start_path(Mood.HAPPY, None))
    assert mood_for_next_song(path, having(ALL), TARGETS) is Mood.FEAR


def test_a_mood_with_a_list_matches_itself() -> None:
    assert matched(start_path(Mood.FEAR, None), [Mood.FEAR, Mood.HAPPY]) is Mood.FEAR


def test_surprise_keeps_the_valence_and_raises_the_arousal() -> None:
    sad = start_path(Mood.SAD, None)
    surprised = start_path(Mood.SURPRISE, sad)
    assert surprised.start == Affect(AFFECT[Mood.SAD].valence, AFFECT[Mood.SURPRISE].arousal)
    assert matched(surprised, [Mood.SAD, Mood.HAPPY]) is Mood.SAD
    assert (
        matched(start_path(Mood.SURPRISE, start_path(Mood.HAPPY, None)), [Mood.SAD, Mood.HAPPY]) is Mood.HAPPY
    )
    assert start_path(Mood.FEAR, surprised).start.valence == AFFECT[Mood.SAD].valence


def test_an_empty_room_matches_only_its_own_list() -> None:
    path = start_path(Mood.NOBODY, None)
    assert matched(path, ALL) is None
    assert matched(path, list(Mood)) is Mood.NOBODY


@given(
    mood=st.sampled_from(ALL),
    songs=st.integers(0, 50),
    moods=st.sets(st.sampled_from(ALL)),
    targets=st.dictionaries(st.sampled_from(ALL), st.sampled_from(ALL)),
)
def test_any_table_finds_a_list_if_there_is_one(
    mood: Mood, songs: int, moods: set[Mood], targets: dict[Mood, Mood]
) -> None:
    path = MoodPath(mood, AFFECT[mood], songs)
    heard = mood_for_next_song(path, having(moods), targets)
    assert heard in moods if moods else heard is None
    assert heard is None or heard in moods_along(path, having(moods), targets)


@given(st.sampled_from(ALL))
def test_the_nearest_to_a_mood_is_the_mood(mood: Mood) -> None:
    assert nearest(AFFECT[mood], ALL) is mood
