"""Two instances with one id notice each other: the first stays, the other stands aside.

The messages are not signed, so one alone proves nothing: an instance stands aside only for another that
answers a question. Home Assistant and users see on `status` that it does.
"""

import json
import secrets
from dataclasses import dataclass, replace
from enum import Enum, auto

from moodpid.mqtt.payloads import parse_object
from moodpid.mqtt.timings import Timings
from moodpid.rate_limit import TokenBucket
from moodpid.text import CleanText, clean

# One answer reaches all that asked; a newcomer among many still receives it before it publishes
ANSWER_BURST = 2.0
ANSWER_RATE_HZ = 1.0
MAX_HOST_CHARS = 64
_ONLY_ASKS = "~"  # begins the tokens of those that never claim an id; the hexadecimal ones are smaller
_MAX_TOKEN_CHARS = 64
_MAX_DEFERRALS = 2
"""How often a newcomer waits again for another newcomer with precedence, which may never finish."""


@dataclass(frozen=True, slots=True)
class ClaimMessage:
    """What instances with one id send each other.

    Attributes:
        token: Made by each process for itself; of two, the smaller has precedence.
        host: The sender's machine, for people.
        established: The sender owns the id; otherwise it asks whether another does.
    """

    token: str
    host: CleanText
    established: bool

    @property
    def only_asks(self) -> bool:
        """Whether the sender claims no id, and asks whether it may delete what one has."""
        return self.token.startswith(_ONLY_ASKS)

    def as_json(self) -> str:
        """Return the message's text, with the keys of version 0.1.0."""
        return json.dumps({"token": self.token, "host": self.host, "settled": self.established})


def parse(payload: bytes) -> ClaimMessage | None:
    """Return the claim in a message, None if there is none."""
    match parse_object(payload):
        case {"token": str(token), "host": str(host), "settled": bool(settled)} if (
            len(token) <= _MAX_TOKEN_CHARS
        ):
            return ClaimMessage(token, clean(clean(host, MAX_HOST_CHARS) or "?"), settled)
    return None


def question(host: str) -> ClaimMessage:
    """Return a message that asks who owns the id and takes it from nobody: all other tokens are smaller."""
    return ClaimMessage(f"{_ONLY_ASKS}{secrets.token_hex(8)}", clean(host, MAX_HOST_CHARS), established=False)


class ClaimState(Enum):
    """Whether this instance owns the id."""

    ASKING = auto()
    """It has just come, and waits for an answer."""
    OWNER = auto()
    """It owns the id."""
    CHALLENGING = auto()
    """Another claims the id with precedence; it is asked whether it is alive."""
    ASIDE = auto()
    """Another owns the id, and has answered."""


@dataclass(frozen=True, slots=True)
class _Rival:
    """Another instance that claims the id.

    Attributes:
        token, host: As in its message.
        owned: This instance owned the id when the other claimed it.
        asked_s: When it was asked, in monotonic seconds; None if it is to be asked.
        answered: It claimed the id once more after it was asked.
    """

    token: str
    host: CleanText
    owned: bool
    asked_s: float | None = None
    answered: bool = False


class IdClaim:
    """Decides whether this instance owns its id; time is monotonic seconds.

    A newcomer asks and listens for `listen_s`. An owner answers, and the newcomer stands aside, asking again
    every `ask_again_s`. From then on it listens for as long as an owner may take to connect again and claim
    the id: a restart of the broker, or of the owner, does not hand the id over. Of two newcomers or two
    owners the one with the smaller token has precedence.

    One that does not own the id, but may yet, answers those that ask whether they may delete its topics, too.

    A loop may be busy for longer than others listen: the network thread answers while this instance owns the
    id. Answers that would be too many are left to `due_message`, and then count for all that asked.

    Args:
        host: The machine's name, for the people at the other.
        timings: How long to listen, and how long it takes to connect again.
        token: This instance's token; empty for one made by chance.

    Attributes:
        state: Whether this instance owns the id.
        other_host: The host of the instance for which this one stands aside, empty if there is none.
    """

    def __init__(self, host: str, timings: Timings = Timings(), token: str = "") -> None:  # noqa: B008 - frozen
        self.state = ClaimState.ASKING
        self.other_host: str = ""
        self._token, self._host = token or secrets.token_hex(8), clean(host, MAX_HOST_CHARS)
        self._timings = timings
        self._asked_s: float | None = None
        self._deferrals = 0
        self._rival: _Rival | None = None
        self._owes_answer = False
        self._answers = TokenBucket(ANSWER_BURST, ANSWER_RATE_HZ)

    @property
    def owns_id(self) -> bool:
        """Whether this instance owns the id; a claim that nobody stands by does not change it."""
        rival = self._rival
        return self.state is ClaimState.OWNER or (
            self.state is ClaimState.CHALLENGING and rival is not None and rival.owned
        )

    @property
    def claim(self) -> ClaimMessage:
        """What an owner answers."""
        return ClaimMessage(self._token, self._host, established=True)

    def connected(self) -> None:
        """Start again with a new connection: others may have come meanwhile."""
        self.state, self._asked_s, self._rival = ClaimState.ASKING, None, None
        self._owes_answer, self._deferrals = False, 0

    def on_claim(self, message: ClaimMessage) -> None:
        """Take in a message of another instance, or this one's own."""
        if message.token == self._token:
            return
        rival = self._rival
        if rival and message.established and message.token == rival.token:
            if rival.asked_s is not None:
                self._rival = replace(rival, answered=True)
        elif message.established and rival is None and self._precedes(message):
            self._rival = _Rival(message.token, message.host, owned=self.owns_id)
            self.state = ClaimState.CHALLENGING
        elif self.owns_id or message.only_asks:
            self._owes_answer = True
        elif self.state is ClaimState.ASKING and message.token < self._token:
            self._defer()

    def due_message(self, now_s: float) -> ClaimMessage | None:
        """Return what is to be published now, if anything; call it in each step of the loop."""
        match self.state:
            case ClaimState.OWNER:
                return self._answer(now_s)
            case ClaimState.CHALLENGING:
                return self._challenge(now_s)
            case ClaimState.ASIDE if self._waited(now_s, self._timings.ask_again_s):
                self._asked_s, self._deferrals, self.state = None, 0, ClaimState.ASKING
                return self._ask(now_s)
            case ClaimState.ASKING:
                return self._ask(now_s) or self._answer(now_s)
            case ClaimState.ASIDE:
                return self._answer(now_s)

    def _precedes(self, other: ClaimMessage) -> bool:
        """Return whether an established instance has precedence over this one."""
        return self.state is ClaimState.ASKING or (self.owns_id and other.token < self._token)

    def _ask(self, now_s: float) -> ClaimMessage | None:
        if self._asked_s is None:
            self._asked_s = now_s
            return self._message(established=False)
        return self._become_owner() if self._waited(now_s, self._listen_s) else None

    @property
    def _listen_s(self) -> float:
        listen_s = self._timings.listen_s
        return self._timings.longest_retry_s + 2 * listen_s if self.other_host else listen_s

    def _challenge(self, now_s: float) -> ClaimMessage | None:
        """Ask the rival whether it is alive; stand aside if it answers, go on if not."""
        rival = self._rival
        assert rival
        if rival.asked_s is None:
            self._rival = replace(rival, asked_s=now_s)
            return self._message(established=False)
        if rival.answered:
            self.state, self.other_host, self._asked_s = ClaimState.ASIDE, rival.host, now_s
            self._rival = None
        elif now_s - rival.asked_s >= 2 * self._timings.listen_s:
            return self._become_owner()
        return None

    def _become_owner(self) -> ClaimMessage:
        self.state, self._rival = ClaimState.OWNER, None
        self._owes_answer, self.other_host = False, ""
        return self._message(established=True)

    def _defer(self) -> None:
        """Wait again: another newcomer has precedence, and will answer once it owns the id."""
        if self._deferrals < _MAX_DEFERRALS:
            self._deferrals += 1
            self._asked_s = None

    def _answer(self, now_s: float) -> ClaimMessage | None:
        """Answer those that asked; later, when there were too many answers."""
        if not (self._owes_answer and self._answers.try_take(now_s)):
            return None
        self._owes_answer = False
        return self._message(established=self.owns_id)

    def _waited(self, now_s: float, seconds: float) -> bool:
        return self._asked_s is not None and now_s - self._asked_s >= seconds

    def _message(self, *, established: bool) -> ClaimMessage:
        return ClaimMessage(self._token, self._host, established)
