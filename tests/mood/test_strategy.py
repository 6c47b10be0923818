"""Where the music leads, from the mood of the room and the lists that are there."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import Player
from moodpid.mood.emotion import AFFECT, Affect, Mood
from moodpid.mood.strategy import Course, begin, nearest, source, way

ALL = [mood for mood in Mood if mood is not Mood.NOBODY]
TARGETS = Player().targets


def having(moods: Collection[Mood]) -> dict[Mood, str]:
    """A list for each of these moods."""
    return dict.fromkeys(moods, "a list")


def matched(course: Course, moods: Collection[Mood]) -> Mood | None:
    return source(course, having(moods), {})


def lift(mood: Mood, songs: int) -> list[Mood | None]:
    course, heard = begin(mood, None), []
    for _ in range(songs):
        heard.append(source(course, having(ALL), TARGETS))
        course = course.on()
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


def test_a_table_that_leads_in_a_ring_comes_to_an_end() -> None:
    ring = {Mood.SAD: Mood.HAPPY, Mood.HAPPY: Mood.SAD}
    assert source(Course(Mood.SAD, AFFECT[Mood.SAD], 100), having(ALL), ring) is Mood.SAD


def test_the_way_names_each_step_once() -> None:
    assert way(begin(Mood.SAD, None), having(ALL), TARGETS) == (Mood.SAD, Mood.NEUTRAL, Mood.HAPPY)
    assert way(begin(Mood.SAD, None), having(ALL), {}) == (Mood.SAD,)
    assert way(begin(Mood.SAD, None), {Mood.SAD: ()}, TARGETS) == ()


def test_lifting_out_of_fear_begins_with_its_own_list_whatever_was_before() -> None:
    course = begin(Mood.FEAR, begin(Mood.HAPPY, None))
    assert source(course, having(ALL), TARGETS) is Mood.FEAR


def test_a_mood_with_a_list_matches_itself() -> None:
    assert matched(begin(Mood.FEAR, None), [Mood.FEAR, Mood.HAPPY]) is Mood.FEAR


def test_surprise_keeps_the_valence_that_was_there_and_lends_its_arousal() -> None:
    sad = begin(Mood.SAD, None)
    surprised = begin(Mood.SURPRISE, sad)
    assert surprised.start == Affect(AFFECT[Mood.SAD].valence, AFFECT[Mood.SURPRISE].arousal)
    assert matched(surprised, [Mood.SAD, Mood.HAPPY]) is Mood.SAD
    assert matched(begin(Mood.SURPRISE, begin(Mood.HAPPY, None)), [Mood.SAD, Mood.HAPPY]) is Mood.HAPPY
    assert begin(Mood.FEAR, surprised).start.valence == AFFECT[Mood.SAD].valence


def test_an_empty_room_matches_only_its_own_list() -> None:
    course = begin(Mood.NOBODY, None)
    assert matched(course, ALL) is None
    assert matched(course, list(Mood)) is Mood.NOBODY


@given(
    mood=st.sampled_from(ALL),
    songs=st.integers(0, 50),
    moods=st.sets(st.sampled_from(ALL)),
    targets=st.dictionaries(st.sampled_from(ALL), st.sampled_from(ALL)),
)
def test_whatever_the_table_a_list_is_found_if_there_is_one(
    mood: Mood, songs: int, moods: set[Mood], targets: dict[Mood, Mood]
) -> None:
    course = Course(mood, AFFECT[mood], songs)
    heard = source(course, having(moods), targets)
    assert heard in moods if moods else heard is None
    assert heard is None or heard in way(course, having(moods), targets)


@given(st.sampled_from(ALL))
def test_the_nearest_to_a_mood_is_the_mood(mood: Mood) -> None:
    assert nearest(AFFECT[mood], ALL) is mood
