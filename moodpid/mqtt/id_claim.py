"""Two moodpids with one id notice each other: the one that was there first stays, the other steps aside."""

import json
import secrets
from dataclasses import dataclass

from moodpid.mqtt.payloads import parse_object
from moodpid.rate_limit import TokenBucket

LISTEN_S = 1.5
"""How long a newcomer listens for an answer before it speaks; one of too many comes up to a second late."""
ASK_AGAIN_S = 60.0
# One answer is heard by all who asked; a newcomer in a mob still hears it before it speaks
ANSWER_BURST = 2.0
ANSWER_RATE_HZ = 1.0


@dataclass(frozen=True, slots=True)
class ClaimMessage:
    """What moodpids of one id say to each other.

    Attributes:
        token: Made anew for each process.
        host: The machine, for people.
        established: The sender speaks for the id; otherwise it asks whether somebody does.
    """

    token: str
    host: str
    established: bool

    def as_json(self) -> str:
        """The message."""
        return json.dumps({"token": self.token, "host": self.host, "settled": self.established})


def parse(payload: bytes) -> ClaimMessage | None:
    """The hello in a message, None if it is none."""
    match parse_object(payload):
        case {"token": str(token), "host": str(host), "settled": bool(settled)}:
            # The host's name will stand in the log
            return ClaimMessage(token, "".join(c for c in host[:64] if c.isprintable()) or "?", settled)
    return None


def question(host: str) -> ClaimMessage:
    """Asks whether somebody speaks for the id, and takes it from nobody: all other tokens are smaller."""
    return ClaimMessage(f"~{secrets.token_hex(8)}", host, established=False)


class IdClaim:
    """Decides whether we speak for our id.

    A newcomer says hello and listens for `LISTEN_S`. Who speaks already answers, and the newcomer steps
    aside and asks again every `ASK_AGAIN_S`. Of two newcomers the one with the smaller token stays.

    A loop may be busy for longer than anybody listens: while we speak, the network thread gives the answers.
    Those that would be too many are left to us, are given later, and then count for all who asked.

    Args:
        host: Our machine, for the people at the other.

    Attributes:
        other_host: The host that keeps us from speaking, empty if none does.
    """

    def __init__(self, host: str) -> None:
        self.other_host = ""
        self._token, self._host = secrets.token_hex(8), host
        self._established = False
        self._asked_s: float | None = None
        self._lost = ""
        self._owed = False
        self._answers = TokenBucket(ANSWER_BURST, ANSWER_RATE_HZ)

    @property
    def owns_id(self) -> bool:
        """Whether we speak for the id."""
        return self._established

    @property
    def claim(self) -> ClaimMessage:
        """What who speaks for the id says."""
        return ClaimMessage(self._token, self._host, established=True)

    def connected(self) -> None:
        """A new connection: nothing is settled."""
        self._established, self._asked_s, self._lost, self._owed = False, None, "", False

    def on_claim(self, hello: ClaimMessage) -> None:
        """What another, or we ourselves, said."""
        if hello.token == self._token:
            return
        if (not hello.established, hello.token) < (not self._established, self._token):
            self._lost, self._established = hello.host, False
        elif self._established:
            self._owed = True

    def due_message(self, now_s: float) -> ClaimMessage | None:
        """Once a turn of the loop: what to say at `now_s` (monotonic); settles when nobody objected."""
        if self._established:
            return self._answer(now_s)
        if self._asked_s is None or now_s - self._asked_s >= (ASK_AGAIN_S if self._lost else LISTEN_S):
            if self._asked_s is not None and not self._lost:
                self._established, self._owed, self.other_host = True, False, ""
                return self._claim_message()
            self._asked_s, self._lost = now_s, ""
            return self._claim_message()
        if self._lost:
            self.other_host = self._lost
        return None

    def _answer(self, now_s: float) -> ClaimMessage | None:
        """What is owed to those who asked; later, when there were too many answers."""
        if not (self._owed and self._answers.try_take(now_s)):
            return None
        self._owed = False
        return self._claim_message()

    def _claim_message(self) -> ClaimMessage:
        return ClaimMessage(self._token, self._host, self._established)
