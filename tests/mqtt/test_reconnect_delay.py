"""A broker that is back is found soon, whatever it did before; one that is not is tried ever less often."""

import math

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from moodpid.mqtt.reconnect_delay import ReconnectDelay
from moodpid.mqtt.session import EndKind, SessionEnd
from moodpid.mqtt.timings import Timings

AWAY = SessionEnd(EndKind.UNREACHABLE, error=ConnectionRefusedError())
REFUSED = SessionEnd(EndKind.REJECTED, ReasonCode(PacketTypes.CONNACK, "Not authorized"))
BUSY = SessionEnd(EndKind.REJECTED, ReasonCode(PacketTypes.CONNACK, "Server busy"))
LOST = SessionEnd(EndKind.LOST)
PROMISED_S = 15.0
"""Within so many seconds all is right again (docs/home-assistant.md)."""
CLAIMING_S = Timings().listen_s + 2.0  # before anything is published; a slow loop takes two seconds a step


class Longest:
    """Chance at its worst."""

    def uniform(self, _a: float, b: float) -> float:
        return b


def seconds_until_found(*phases: tuple[float, SessionEnd]) -> float:
    """Return how long after the last phase a session begins; one that was open ends with its phase."""
    delay, now_s, ends_s = ReconnectDelay(Timings(), Longest()), 0.0, 0.0
    for lasts_s, end in phases:
        ends_s += lasts_s
        while now_s < ends_s:
            if end.kind is EndKind.LOST:
                end, now_s = SessionEnd(EndKind.LOST, lasted_s=ends_s - now_s), ends_s  # noqa: PLW2901
            now_s += delay.next_pause_s(end)
    return now_s - ends_s


@pytest.mark.parametrize(
    "phases",
    [
        [(60.0, AWAY), (5.0, LOST), (3.0, AWAY)],
        [(60.0, AWAY), (5.0, LOST), (3.0, AWAY), (5.0, LOST), (3.0, AWAY)],
        [(600.0, REFUSED)],
        [(30.0, AWAY), (150.0, REFUSED)],
        [(30.0, BUSY), (40.0, AWAY), (30.0, REFUSED)],
        [(3600.0, LOST), (3600.0, AWAY)],
    ],
)
def test_a_broker_that_is_back_is_found_soon(phases: list[tuple[float, SessionEnd]]) -> None:
    assert seconds_until_found(*phases) + CLAIMING_S <= PROMISED_S


@pytest.mark.parametrize("end", [AWAY, REFUSED, BUSY, LOST])
def test_pauses_grow_to_a_limit(end: SessionEnd) -> None:
    delay = ReconnectDelay(Timings(), Longest())
    assert [delay.next_pause_s(end) for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_broker_that_is_reached_is_no_longer_away() -> None:
    delay = ReconnectDelay(Timings(), Longest())
    for _ in range(10):
        delay.next_pause_s(AWAY)
    assert delay.next_pause_s(LOST) == 1.0
    assert delay.next_pause_s(AWAY) == 1.0


@pytest.mark.parametrize(("lasted_s", "pause_s"), [(0.0, 10.0), (Timings().stable_s, 1.0), (math.inf, 1.0)])
def test_only_a_session_that_lasted_clears_the_failures(lasted_s: float, pause_s: float) -> None:
    delay = ReconnectDelay(Timings(), Longest())
    for _ in range(5):
        delay.next_pause_s(LOST)
    assert delay.next_pause_s(SessionEnd(EndKind.LOST, lasted_s=lasted_s)) == pause_s
