"""The id on the wire: publishes this instance's claims, and logs and shows when it stands aside."""

import logging

from moodpid.mqtt.broker import Message
from moodpid.mqtt.connection import Connection
from moodpid.mqtt.id_claim import ClaimMessage, IdClaim
from moodpid.mqtt.topics import OFFLINE, Topics

log = logging.getLogger(__name__)


class Ownership:
    """Keeps the id of one instance.

    Args:
        claim: Decides whether this instance owns the id.
        connection: To the broker.
        topics: Where claims are published.
    """

    def __init__(self, claim: IdClaim, connection: Connection, topics: Topics) -> None:
        self._claim, self._connection, self._topics = claim, connection, topics
        self._logged_host = ""
        self._owned = False

    @property
    def owns_id(self) -> bool:
        """Whether this instance may publish and takes commands."""
        return self._claim.owns_id

    def connected(self) -> None:
        """Start again with a new session."""
        self._claim.connected()
        self._owned = False

    def on_claim(self, message: ClaimMessage) -> None:
        """Take in a claim."""
        self._claim.on_claim(message)

    def step(self, now_s: float) -> bool:
        """Publish what is due, and return whether the id has just become this instance's."""
        if due := self._claim.due_message(now_s):
            self._connection.publish(Message(self._topics.presence, due.as_json(), retain=False))
        self._log_change()
        owned, self._owned = self._owned, self._claim.owns_id
        if owned and not self._owned:
            # Until the owner publishes: a state that is not updated must not look alive
            self._connection.publish(Message(self._topics.status, OFFLINE))
        return self._owned and not owned

    def _log_change(self) -> None:
        host = self._claim.other_host
        if host == self._logged_host:
            return
        self._logged_host = host
        if host:
            log.warning(
                "the moodpid on %s uses %s already: this one stands aside; give it another [device] id",
                host,
                self._topics.root,
            )
        else:
            log.info("no other moodpid uses %s any more", self._topics.root)
