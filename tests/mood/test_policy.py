"""A change of mood becomes one wish and the events that belong to it."""

from collections.abc import Mapping

from moodpid.config import MpdConfig
from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import EventType, MoodEvent, MusicRequest, Policy, music_request_for
from moodpid.mood.strategy import start_path

LISTS = {Mood.HAPPY: ("Happy",), Mood.SAD: ("Blues", "Rain"), Mood.NOBODY: ()}


def state(mood: Mood) -> MoodState:
    return MoodState(mood, 0.0, 0.9, 1, UNIFORM, 0.0)


def test_a_new_mood_is_wished_for_once() -> None:
    policy = Policy(LISTS)
    sad = MusicRequest(start_path(Mood.SAD, None), ("Blues", "Rain"))
    assert policy.decide(state(Mood.SAD), state(Mood.SAD)).request == sad
    assert policy.decide(state(Mood.SAD), state(Mood.SAD)).request is None


def test_the_first_mood_after_the_start_is_no_event() -> None:
    assert Policy(LISTS).decide(state(Mood.NOBODY), state(Mood.NOBODY)).events == ()


def test_an_arrival_and_a_departure_are_events_beside_the_change() -> None:
    policy = Policy(LISTS)
    policy.decide(state(Mood.NOBODY), state(Mood.NOBODY))
    arrival = policy.decide(state(Mood.HAPPY), state(Mood.HAPPY)).events
    assert [e.event_type for e in arrival] == [EventType.MOOD_CHANGED, EventType.PERSON_ARRIVED]
    departure = policy.decide(state(Mood.NOBODY), state(Mood.NOBODY)).events
    assert [e.event_type for e in departure] == [EventType.MOOD_CHANGED, EventType.ROOM_EMPTY]
    assert all((e.before, e.after) == (Mood.HAPPY, Mood.NOBODY) for e in departure)


def first(mood: Mood, lists: Mapping[Mood, tuple[str, ...]]) -> tuple[str, ...]:
    return music_request_for(start_path(mood, None), lists, {}).playlists


def test_a_mood_without_playlists_takes_those_of_its_neighbour() -> None:
    assert first(Mood.SURPRISE, LISTS) == ("Happy",)
    assert first(Mood.DISGUST, LISTS) == ("Blues", "Rain")


def test_an_empty_room_has_no_neighbour() -> None:
    assert first(Mood.NOBODY, {Mood.HAPPY: ("Happy",)}) == ()


def test_without_any_playlists_there_is_nothing_to_wish() -> None:
    assert first(Mood.HAPPY, {}) == ()


def test_a_lift_request_names_its_start_and_its_target() -> None:
    lists = {Mood.SAD: ("Blues", "Rain"), Mood.NEUTRAL: ("Tea",), Mood.HAPPY: ("Happy",)}
    policy = Policy(lists, MpdConfig().targets, lifts=True)
    request = policy.decide(state(Mood.SAD), None).request
    path, targets = start_path(Mood.SAD, None), MpdConfig().targets
    assert request == MusicRequest(path, ("Blues", "Rain"), (("Tea",), ("Happy",)), targets)
    assert str(request) == "Blues, Rain, then Tea, then Happy"
    policy.lifts = False
    request = policy.decide(state(Mood.NEUTRAL), None).request
    assert str(request) == "Tea"


def test_another_strategy_makes_one_new_request_on_the_same_path() -> None:
    policy = Policy(LISTS, MpdConfig().targets)
    first = policy.decide(state(Mood.HAPPY), None).request
    policy.lifts = True
    second = policy.decide(state(Mood.HAPPY), None)
    assert first
    assert second.request
    assert second.request.path == first.path
    assert (bool(first.targets), bool(second.request.targets)) == (False, True)
    assert second.events == ()
    assert policy.decide(state(Mood.HAPPY), None).request is None


def test_a_chosen_mood_does_not_change_who_is_present() -> None:
    policy = Policy(LISTS)
    policy.decide(state(Mood.NOBODY), state(Mood.NOBODY))
    chosen = policy.decide(state(Mood.HAPPY), state(Mood.NOBODY))
    assert [e.event_type for e in chosen.events] == [EventType.MOOD_CHANGED]
    assert chosen.request == MusicRequest(start_path(Mood.HAPPY, None), ("Happy",))
    back = policy.decide(state(Mood.NOBODY), state(Mood.NOBODY))
    assert [e.event_type for e in back.events] == [EventType.MOOD_CHANGED]


def test_an_earlier_mood_is_no_event_until_it_is_seen() -> None:
    policy = Policy(LISTS)
    policy.decide(state(Mood.HAPPY), state(Mood.SAD))
    ended = policy.decide(state(Mood.SAD), state(Mood.SAD), known=False)
    assert ended.events == ()
    assert ended.request == MusicRequest(
        start_path(Mood.SAD, start_path(Mood.HAPPY, None)), ("Blues", "Rain")
    )
    seen = policy.decide(state(Mood.SAD), state(Mood.SAD))
    assert seen.events == (MoodEvent(EventType.MOOD_CHANGED, Mood.HAPPY, Mood.SAD),)
    assert seen.request is None


def test_an_earlier_mood_chosen_again_is_no_event() -> None:
    policy = Policy(LISTS)
    policy.decide(state(Mood.HAPPY), state(Mood.SAD))
    policy.decide(state(Mood.SAD), state(Mood.SAD), known=False)
    assert policy.decide(state(Mood.HAPPY), state(Mood.SAD)).events == ()


def test_an_arrival_under_a_chosen_mood_changes_no_music() -> None:
    policy = Policy(LISTS)
    policy.decide(state(Mood.HAPPY), state(Mood.NOBODY))
    arrival = policy.decide(state(Mood.HAPPY), state(Mood.SAD))
    assert [e.event_type for e in arrival.events] == [EventType.PERSON_ARRIVED]
    assert arrival.request is None
