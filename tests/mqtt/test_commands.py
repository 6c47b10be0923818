"""Only valid requests are requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mqtt import commands
from moodpid.mqtt.topics import Topics
from moodpid.state import Request, SetEnabled

TOPICS = Topics("moodpid/living-room")
ENABLED = "moodpid/living-room/enabled/set"


def test_watching_is_switched_on_and_off() -> None:
    assert commands.read(TOPICS, ENABLED, b"ON", retained=False) == SetEnabled(on=True)
    assert commands.read(TOPICS, ENABLED, b"OFF\n", retained=False) == SetEnabled(on=False)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "''"),
        (b"on", "'on'"),
        (b"\xff\xfe", "not UTF-8"),
        (b"ON" * 10_000, "20000 bytes"),
    ],
)
def test_what_is_not_understood_is_told(payload: bytes, why: str) -> None:
    with pytest.raises(commands.CommandError, match=why):
        commands.read(TOPICS, ENABLED, payload, retained=False)


def test_a_retained_request_is_refused_for_it_would_come_again_at_every_start() -> None:
    with pytest.raises(commands.CommandError, match="retain"):
        commands.read(TOPICS, ENABLED, b"OFF", retained=True)


@given(
    topic=st.sampled_from([*commands.subscriptions(TOPICS), TOPICS.mood, "", "elsewhere"]),
    payload=st.binary() | st.text().map(str.encode),
    retained=st.booleans(),
)
def test_no_bytes_do_anything_but_make_a_request_or_one_line(
    topic: str, payload: bytes, *, retained: bool
) -> None:
    try:
        request: Request | str = commands.read(TOPICS, topic, payload, retained=retained)
    except commands.CommandError as refused:
        request = str(refused)
    if isinstance(request, str):
        assert len(request.splitlines()) == 1
    else:
        assert (topic, retained, payload.strip() in {b"ON", b"OFF"}) == (ENABLED, False, True)
