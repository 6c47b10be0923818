"""Two instances at one MPD: each shows itself as a channel there, and the one that started first drives.

A channel alone proves nothing, since any client may subscribe to any name: the other instance has to answer a
message before this one stands down.
"""

import contextlib
import math
import re
from collections.abc import Iterable

from moodpid.mpd.protocol import CommandRefusedError, Mpd

_NAME = re.compile(r"moodpid_(\d{20})_[0-9a-f]{8}")
_MAX_NUMBER = 10**20 - 2  # what comes behind it still has twenty digits
PATIENCE_S = 5.0
"""So long a newcomer waits for the answer of another instance before it drives."""
POLL_S = 60.0
"""MPD does not report that another client's connection ended: a follower asks this often."""
_ALIVE_S = 2 * POLL_S + PATIENCE_S
_MESSAGES = 32  # read at once, however full the channel is
_ASK, _ANSWER = "who", "here"
LIKE = "like"
"""A client asks for songs like one: this word, a blank, and its URI."""


def leader_among(channels: Iterable[str]) -> str:
    """Return the channel of the instance that drives; empty if there is none."""
    return min((name for name in channels if _NAME.fullmatch(name)), default="")


def _format_name(number: int, rng: int) -> str:
    return f"moodpid_{number:020d}_{rng:08x}"


def _number_behind(channels: Iterable[str], started_ns: int) -> int:
    """Return `started_ns`, or what comes behind the instance that started last."""
    numbers = [int(found[1]) for name in channels if (found := _NAME.fullmatch(name))]
    return max([started_ns, *(number + 1 for number in numbers if number <= _MAX_NUMBER)])


class LeaderElection:
    """Shows this instance to others in the same partition of MPD, and looks for them.

    Args:
        started_ns: When it started, in nanoseconds of the wall clock: the same order for all who look. Where
            that clock is behind, as on a Pi that has not asked for the time yet, `announce` corrects it.
        rng: Any number; decides between two that started at the same moment.

    Attributes:
        is_follower: Another instance drives, or may: it has not had time to answer.
        due_s: When `update` is due at the latest, in monotonic seconds.
    """

    def __init__(self, started_ns: int, rng: int) -> None:
        self._name = _format_name(started_ns, rng)
        self._started_ns, self._rng = started_ns, rng
        self._announced = False
        self._asked_s: dict[str, float] = {}
        self._first_asked_s: dict[str, float] = {}
        self._answered_s: dict[str, float] = {}
        self._liked = ""
        self.is_follower = False
        self.due_s = math.inf

    def announce(self, link: Mpd, now_s: float) -> None:
        """Subscribe to our channel, for as long as the connection lasts; and look.

        The first time, instances that are there have started before, whatever their names say.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._asked_s.clear()
        self._first_asked_s.clear()
        self.is_follower, self.due_s = False, math.inf
        if "subscribe" in link.commands:
            with contextlib.suppress(CommandRefusedError):
                if not self._announced:
                    self._name = _format_name(_number_behind(link.channels(), self._started_ns), self._rng)
                    self._announced = True
                link.subscribe(self._name)
                self.update(link, now_s)

    def withdraw(self, link: Mpd) -> None:
        """Make room for another instance at once; MPD itself reports no connection that ends.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with contextlib.suppress(CommandRefusedError):
            link.unsubscribe(self._name)

    def update(self, link: Mpd, now_s: float) -> None:
        """Read and answer messages, and find out whether another instance started earlier.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if "subscribe" not in link.commands:
            return
        try:
            others = {name for name in link.channels() if _NAME.fullmatch(name)} - {self._name}
            self._converse(link, others, now_s)
        except CommandRefusedError:
            self.is_follower, self.due_s = False, math.inf
            return
        earlier = {name for name in others if name < self._name}
        for name in earlier:
            self._ask(link, name, now_s)
        waiting = [self._first_asked_s[name] + PATIENCE_S for name in earlier if not self._lives(name, now_s)]
        pending = [at_s for at_s in waiting if at_s > now_s]
        self.is_follower = bool(pending) or any(self._lives(name, now_s) for name in earlier)
        self.due_s = min([*pending, now_s + POLL_S]) if earlier else math.inf

    def _converse(self, link: Mpd, others: set[str], now_s: float) -> None:
        for channel, text in link.read_messages()[:_MESSAGES]:
            word, _, name = text.partition(" ")
            if channel == self._name and word == LIKE:
                self._liked = name
            if channel != self._name or name not in others:
                continue
            if word == _ASK:
                link.send_message(name, f"{_ANSWER} {self._name}")
            elif word == _ANSWER:
                self._answered_s[name] = now_s

    def take_liked(self) -> str:
        """Return the song that a client asked for more of, once; empty if none did."""
        liked, self._liked = self._liked, ""
        return liked

    def _ask(self, link: Mpd, name: str, now_s: float) -> None:
        if now_s - self._asked_s.get(name, -math.inf) >= POLL_S:
            self._asked_s[name] = now_s
            self._first_asked_s.setdefault(name, now_s)
            with contextlib.suppress(CommandRefusedError):  # it left just now
                link.send_message(name, f"{_ASK} {self._name}")

    def _lives(self, name: str, now_s: float) -> bool:
        return now_s - self._answered_s.get(name, -math.inf) <= _ALIVE_S
