"""When a state is worth a message: changes at once, drifting numbers seldom, the rest as a heartbeat."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from moodpid.rate_limit import TokenBucket

HEARTBEAT_S = 300.0
RATE_HZ = 4.0
BURST = 8.0


@dataclass(frozen=True, slots=True)
class TopicState:
    """The state of one topic, and what of it matters how much.

    Attributes:
        topic: Where it is published.
        payload: Makes the message: most states are looked at every turn, and told seldom.
        change_key: What is told as soon as it differs from what was told before.
        values: Numbers that wander; told when one has moved by `step`, at most once every `every_s` seconds.
        step: How far a number of `drift` must move to be noticed.
        every_s: See `drift`.
        repeat: Whether it is told again as a heartbeat though it is the same.
        retain: Whether the broker keeps it for those who come later.
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
    """Remembers what was told on this connection, and picks what is due.

    After the first round no more than `BURST` messages at once and `RATE_HZ` a second are due, whatever
    happens; what is held back comes later if it still differs by then.
    """

    def __init__(self) -> None:
        self._published: dict[str, _Published] = {}
        self._bucket = TokenBucket(BURST, RATE_HZ)

    def forget(self, topic: str = "") -> None:
        """Nothing has been told yet, of `topic` or at all."""
        if topic:
            self._published.pop(topic, None)
        else:
            self._published.clear()

    def due(self, reports: Iterable[TopicState], now_s: float) -> Iterator[TopicState]:
        """Those of `reports` to publish at `now_s` (monotonic seconds), which then count as told."""
        for report in reports:
            told = self._published.get(report.topic)
            if told is None or (_noticeable(report, told, now_s) and self.try_take(now_s)):
                self._published[report.topic] = _Published(report, now_s)
                yield report

    def try_take(self, now_s: float) -> bool:
        """Take leave to send one message that is not due by itself; False when there were too many."""
        return self._bucket.try_take(now_s)


def _noticeable(report: TopicState, told: _Published, now_s: float) -> bool:
    if report.change_key != told.topic_state.change_key:
        return True
    age_s = now_s - told.at_s
    if age_s >= report.every_s and any(
        abs(new - old) >= report.step for new, old in zip(report.values, told.topic_state.values, strict=True)
    ):
        return True
    return report.repeat and age_s >= HEARTBEAT_S
