"""Presence fills while somebody is seen and drains while nobody is; at first nothing need be known."""

from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.presence import Presence

LOOK_S = 0.25


def presence(*, known: bool = False) -> Presence:
    return Presence(1.0, 10.0, known=known)


def watch(room: Presence, seconds: float, *, faces: bool = False, sensed: bool = False) -> None:
    """Show so many seconds of the same."""
    for _ in range(round(seconds / LOOK_S)):
        room.update(LOOK_S, faces=faces, sensed=sensed)


def test_nothing_is_known_until_somebody_was_seen_for_a_while() -> None:
    room = presence()
    watch(room, 1.0, faces=True)
    assert not room.known
    watch(room, 0.5, faces=True)
    assert room.known
    assert room.level == 1.0


def test_nothing_is_known_until_nobody_was_seen_for_a_while() -> None:
    room = presence()
    watch(room, 0.75)
    assert not room.known
    watch(room, 0.5)
    assert room.known
    assert room.level == 0.0


def test_a_face_that_comes_and_goes_is_decided() -> None:
    room = presence()
    for number in range(60):
        watch(room, 0.5, faces=number % 2 == 0)
    assert room.known


def test_time_without_a_look_says_nothing_of_the_room() -> None:
    room = presence()
    room.update(0.0, faces=False, sensed=False)
    room.update(0.25, faces=False, sensed=False)
    room.update(60.0, faces=True, sensed=False)
    assert not room.known


def test_whom_the_camera_saw_may_be_there_unseen() -> None:
    room = presence()
    watch(room, 2.0, faces=True)
    watch(room, 30.0, sensed=True)
    assert room.may_stay_unseen
    watch(room, 11.0)
    assert not room.may_stay_unseen


def test_whom_only_a_sense_reports_is_gone_when_it_ceases() -> None:
    room = presence()
    watch(room, 2.0, sensed=True)
    assert room.by_senses
    assert not room.may_stay_unseen
    watch(room, 11.0)
    assert not room.by_senses


def test_after_a_reset_the_room_is_known_to_be_empty() -> None:
    room = presence()
    watch(room, 2.0, faces=True)
    room.reset()
    assert room.known
    assert (room.level, room.by_senses, room.may_stay_unseen) == (0.0, False, False)


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans(), st.booleans()), max_size=50), st.booleans())
def test_presence_stays_within_its_limits(looks: list[tuple[float, bool, bool]], known: bool) -> None:
    room, was_known = presence(known=known), known
    for elapsed_s, faces, sensed in looks:
        room.update(elapsed_s, faces=faces, sensed=sensed)
        assert 0.0 <= room.level <= 1.0
        assert room.known >= was_known
        assert not (room.by_senses and faces)
        was_known = room.known
