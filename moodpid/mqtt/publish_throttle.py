"""When a state is worth a message: changes at once, drifting numbers seldom, the rest as a heartbeat."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from moodpid.rate_limit import TokenBucket

HEARTBEAT_S = 300.0
RATE_HZ = 4.0
BURST = 8.0


@dataclass(frozen=True, slots=True)
class TopicState:
    """The state of one topic, and how much each part of it matters.

    Attributes:
        topic: Where it is published.
        payload: Makes the message: most states are looked at in every step, and published seldom.
        change_key: Published as soon as it differs from what was published before.
        values: Numbers that drift; published when one has moved by `step`, at most every `every_s` seconds.
        step: How far a number of `values` must move.
        every_s: See `values`.
        repeat: It is published again as a heartbeat though it is the same.
        retain: The broker keeps it for those that come later.
    """

    topic: str
    payload: Callable[[], str | bytes]
    change_key: object
    values: tuple[float, ...] = ()
    step: float = 0.05
    every_s: float = 1.0
    repeat: bool = True
    retain: bool = True


@dataclass(frozen=True, slots=True)
class _Published:
    topic_state: TopicState
    at_s: float


class PublishThrottle:
    """Remembers what was published on this connection, and picks what is due.

    After the first round no more than `BURST` messages at once and `RATE_HZ` a second are due; what is held
    back comes later if it still differs by then. Time is monotonic seconds.
    """

    def __init__(self) -> None:
        self._published: dict[str, _Published] = {}
        self._bucket = TokenBucket(BURST, RATE_HZ)

    def forget(self, topic: str = "") -> None:
        """Take `topic`, or every topic, for not published yet."""
        if topic:
            self._published.pop(topic, None)
        else:
            self._published.clear()

    def due(self, states: Iterable[TopicState], now_s: float) -> Iterator[TopicState]:
        """Yield those of `states` to publish now, which then count as published."""
        for state in states:
            before = self._published.get(state.topic)
            if before is None or (_is_news(state, before, now_s) and self.try_take(now_s)):
                self._published[state.topic] = _Published(state, now_s)
                yield state

    def try_take(self, now_s: float) -> bool:
        """Take one token from the rate limit, for a message that is not due by itself."""
        return self._bucket.try_take(now_s)


def _is_news(state: TopicState, before: _Published, now_s: float) -> bool:
    if state.change_key != before.topic_state.change_key:
        return True
    age_s = now_s - before.at_s
    if age_s >= state.every_s and any(
        abs(new - old) >= state.step for new, old in zip(state.values, before.topic_state.values, strict=True)
    ):
        return True
    return state.repeat and age_s >= HEARTBEAT_S
