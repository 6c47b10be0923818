"""Two moodpids with one id notice each other: the one that was there first stays, the other steps aside."""

import json
import secrets
from dataclasses import dataclass

from moodpid.mqtt.payloads import parse_object
from moodpid.mqtt.publish_throttle import Allowance

LISTEN_S = 1.5
"""How long a newcomer listens for an answer before it speaks; one of too many comes up to a second late."""
ASK_AGAIN_S = 60.0
# One answer is heard by all who asked; a newcomer in a mob still hears it before it speaks
ANSWER_BURST = 2.0
ANSWER_RATE_HZ = 1.0


@dataclass(frozen=True, slots=True)
class Hello:
    """What moodpids of one id say to each other.

    Attributes:
        token: Made anew for each process.
        host: The machine, for people.
        settled: The sender speaks for the id; otherwise it asks whether somebody does.
    """

    token: str
    host: str
    settled: bool

    def as_json(self) -> str:
        """The message."""
        return json.dumps({"token": self.token, "host": self.host, "settled": self.settled})


def parse(payload: bytes) -> Hello | None:
    """The hello in a message, None if it is none."""
    match parse_object(payload):
        case {"token": str(token), "host": str(host), "settled": bool(settled)}:
            # The host's name will stand in the log
            return Hello(token, "".join(c for c in host[:64] if c.isprintable()) or "?", settled)
    return None


def question(host: str) -> Hello:
    """Asks whether somebody speaks for the id, and takes it from nobody: all other tokens are smaller."""
    return Hello(f"~{secrets.token_hex(8)}", host, settled=False)


class Twins:
    """Decides whether we speak for our id.

    A newcomer says hello and listens for `LISTEN_S`. Who speaks already answers, and the newcomer steps
    aside and asks again every `ASK_AGAIN_S`. Of two newcomers the one with the smaller token stays.

    A loop may be busy for longer than anybody listens: while we speak, the network thread gives the answers.
    Those that would be too many are left to us, are given later, and then count for all who asked.

    Args:
        host: Our machine, for the people at the other.

    Attributes:
        rival: The host that keeps us from speaking, empty if none does.
    """

    def __init__(self, host: str) -> None:
        self.rival = ""
        self._token, self._host = secrets.token_hex(8), host
        self._settled = False
        self._asked_s: float | None = None
        self._lost = ""
        self._owed = False
        self._answers = Allowance(ANSWER_BURST, ANSWER_RATE_HZ)

    @property
    def speaks(self) -> bool:
        """Whether we speak for the id."""
        return self._settled

    @property
    def claim(self) -> Hello:
        """What who speaks for the id says."""
        return Hello(self._token, self._host, settled=True)

    def connected(self) -> None:
        """A new connection: nothing is settled."""
        self._settled, self._asked_s, self._lost, self._owed = False, None, "", False

    def hear(self, hello: Hello) -> None:
        """What another, or we ourselves, said."""
        if hello.token == self._token:
            return
        if (not hello.settled, hello.token) < (not self._settled, self._token):
            self._lost, self._settled = hello.host, False
        elif self._settled:
            self._owed = True

    def turn(self, now_s: float) -> Hello | None:
        """Once a turn of the loop: what to say at `now_s` (monotonic); settles when nobody objected."""
        if self._settled:
            return self._answer(now_s)
        if self._asked_s is None or now_s - self._asked_s >= (ASK_AGAIN_S if self._lost else LISTEN_S):
            if self._asked_s is not None and not self._lost:
                self._settled, self._owed, self.rival = True, False, ""
                return self._hello()
            self._asked_s, self._lost = now_s, ""
            return self._hello()
        if self._lost:
            self.rival = self._lost
        return None

    def _answer(self, now_s: float) -> Hello | None:
        """What is owed to those who asked; later, when there were too many answers."""
        if not (self._owed and self._answers.spend(now_s)):
            return None
        self._owed = False
        return self._hello()

    def _hello(self) -> Hello:
        return Hello(self._token, self._host, self._settled)
