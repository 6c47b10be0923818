"""Of instances with one id, one owns it, and the others know where that one is."""

from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mqtt.id_claim import (
    ANSWER_BURST,
    ANSWER_RATE_HZ,
    ClaimMessage,
    IdClaim,
    parse,
    question,
)
from moodpid.mqtt.timings import Timings
from moodpid.text import clean

TURN_S = 0.05
LISTEN_S, ASK_AGAIN_S = Timings().listen_s, Timings().ask_again_s
RETURN_S = Timings().longest_retry_s


class Room:
    """A broker between instances, and a clock."""

    def __init__(self, *claims: IdClaim) -> None:
        self.claims = list(claims)
        self.now_s = 0.0

    @classmethod
    def where_one_stands_aside(cls, first: IdClaim, newcomer: IdClaim) -> Self:
        room = cls(first)
        room.wait(5)
        room.claims.append(newcomer)
        room.wait(5)
        return room

    def publish(self, sender: IdClaim, message: ClaimMessage | None) -> None:
        if message is None:
            return
        for claim in self.claims:
            if claim is not sender:
                claim.on_claim(message)

    def wait(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += TURN_S
            for claim in self.claims:
                self.publish(claim, claim.due_message(self.now_s))


def test_one_alone_owns_the_id_after_a_moment() -> None:
    alone = IdClaim("pi")
    room = Room(alone)
    room.wait(LISTEN_S / 2)
    assert not alone.owns_id
    room.wait(LISTEN_S)
    assert alone.owns_id
    assert not alone.other_host


def test_the_first_stays_and_the_newcomer_knows_its_host() -> None:
    first, newcomer = IdClaim("kitchen-pi"), IdClaim("attic-pi")
    Room.where_one_stands_aside(first, newcomer)
    assert first.owns_id
    assert not newcomer.owns_id
    assert newcomer.other_host == "kitchen-pi"
    assert not first.other_host


def test_when_the_first_is_gone_the_other_takes_over() -> None:
    first, newcomer = IdClaim("a"), IdClaim("b")
    room = Room.where_one_stands_aside(first, newcomer)
    room.claims.remove(first)
    room.wait(ASK_AGAIN_S + RETURN_S + 5)
    assert newcomer.owns_id
    assert not newcomer.other_host


@pytest.mark.parametrize("tokens", ["01", "10"])
@pytest.mark.parametrize("late_s", [0.0, 1.0, RETURN_S])
def test_the_first_stays_when_the_broker_restarts(tokens: str, late_s: float) -> None:
    first, newcomer = (IdClaim(host, token=token) for host, token in zip(("a", "b"), tokens, strict=True))
    room = Room.where_one_stands_aside(first, newcomer)
    room.claims = [newcomer]
    newcomer.connected()
    room.wait(late_s)
    first.connected()
    room.claims.append(first)
    room.wait(3 * RETURN_S)
    assert (first.owns_id, newcomer.owns_id) == (True, False)
    assert newcomer.other_host == "a"


def test_the_first_stays_when_its_connection_is_lost() -> None:
    first, newcomer = IdClaim("a", token="1"), IdClaim("b", token="0")
    room = Room(first)
    room.wait(5)
    room.claims.append(newcomer)
    room.wait(ASK_AGAIN_S - RETURN_S / 2)
    room.claims.remove(first)
    room.wait(RETURN_S)
    first.connected()
    room.claims.append(first)
    room.wait(3 * RETURN_S)
    assert (first.owns_id, newcomer.owns_id) == (True, False)


def test_a_newcomer_waits_no_longer_than_before_after_a_takeover() -> None:
    first, newcomer = IdClaim("a"), IdClaim("b")
    room = Room.where_one_stands_aside(first, newcomer)
    room.claims.remove(first)
    room.wait(ASK_AGAIN_S + RETURN_S + 5)
    newcomer.connected()
    room.wait(2 * LISTEN_S)
    assert newcomer.owns_id


@given(st.lists(st.floats(0, 2), min_size=2, max_size=4))
def test_however_they_arrive_exactly_one_owns_the_id(pauses: list[float]) -> None:
    room = Room()
    for pause_s in pauses:
        room.claims.append(IdClaim("pi"))
        room.wait(pause_s)
    room.wait(5)
    assert sum(claim.owns_id for claim in room.claims) == 1


def apart() -> tuple[IdClaim, IdClaim]:
    """Two that own the id on two sides of a broken network; the first has precedence."""
    claims = sorted((IdClaim("a"), IdClaim("b")), key=lambda claim: claim.claim.token)
    for claim in claims:
        Room(claim).wait(5)
    return claims[0], claims[1]


def test_two_that_were_apart_settle_it_when_they_meet() -> None:
    one, other = apart()
    room = Room(one, other)
    room.now_s = 10.0
    other.connected()
    room.wait(8)
    assert (one.owns_id, other.owns_id) == (True, False)


def test_of_two_owners_that_meet_the_one_with_precedence_stays() -> None:
    one, other = apart()
    room = Room(one, other)
    room.now_s = 10.0
    room.publish(one, one.claim)
    room.wait(8)
    assert (one.owns_id, other.owns_id) == (True, False)


@pytest.mark.parametrize("established", [False, True])
def test_a_claim_without_an_answer_changes_nothing(established: bool) -> None:
    owner = IdClaim("pi")
    room = Room(owner)
    room.wait(5)
    owner.on_claim(ClaimMessage("", clean("stranger"), established))
    for _ in range(100):
        room.wait(TURN_S)
        assert owner.owns_id
    assert not owner.other_host


def test_a_newcomer_believes_no_claim_without_an_answer() -> None:
    newcomer = IdClaim("pi")
    room = Room(newcomer)
    room.wait(LISTEN_S / 2)
    newcomer.on_claim(ClaimMessage("", clean("stranger"), established=True))
    room.wait(2 * LISTEN_S + 1)
    assert newcomer.owns_id


def test_strangers_that_ask_for_ever_hold_no_newcomer_back() -> None:
    newcomer = IdClaim("pi")
    room = Room(newcomer)
    for _ in range(200):
        newcomer.on_claim(ClaimMessage("", clean("stranger"), established=False))
        room.wait(TURN_S)
    assert newcomer.owns_id


def test_among_many_questions_a_newcomer_is_answered_in_time() -> None:
    first = IdClaim("kitchen-pi")
    room = Room(first)
    room.wait(5)
    for n in range(100):
        first.on_claim(ClaimMessage(f"z{n}", clean("many"), established=False))
        room.wait(TURN_S)
    newcomer = IdClaim("attic-pi", token="0")  # it has precedence, once it owns the id
    room.claims.append(newcomer)
    for n in range(100):
        first.on_claim(ClaimMessage(f"z{n}", clean("many"), established=False))
        room.wait(TURN_S)
        assert not newcomer.owns_id
    assert newcomer.other_host == "kitchen-pi"


def test_one_that_stands_aside_answers_those_that_would_delete() -> None:
    first, aside = IdClaim("kitchen-pi"), IdClaim("attic-pi")
    room = Room(first)
    room.wait(5)
    room.claims.append(aside)
    room.wait(5)
    room.claims.remove(first)
    for pause_s in (0.0, ASK_AGAIN_S):  # while it stands aside, and while it asks again
        room.wait(pause_s)
        aside.on_claim(question("another"))
        answer = aside.due_message(room.now_s)
        assert answer
        assert (answer.host, answer.established) == ("attic-pi", False)
        assert aside.due_message(room.now_s) is None
        assert not aside.owns_id


def test_many_questions_are_answered_at_a_limited_rate() -> None:
    first = IdClaim("kitchen-pi")
    room = Room(first)
    room.wait(5)
    answers, began_s = 0, room.now_s
    for turn in range(1000):
        first.on_claim(ClaimMessage("zzzz", clean("many"), established=False))
        answers += first.due_message(began_s + turn * TURN_S) is not None
    assert 0 < answers <= ANSWER_BURST + ANSWER_RATE_HZ * 1000 * TURN_S


def test_a_claim_of_its_own_is_ignored() -> None:
    alone = IdClaim("pi")
    room = Room(alone)
    message = alone.due_message(room.now_s)
    assert message
    alone.on_claim(message)
    room.wait(5)
    assert alone.owns_id
    alone.on_claim(message)
    assert alone.due_message(room.now_s) is None


@given(st.binary())
def test_random_bytes_are_no_claim(payload: bytes) -> None:
    assert parse(payload) is None
