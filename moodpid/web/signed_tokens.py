"""Signed tokens for sessions and one-time links: only this installation makes them, and each has an end."""

import base64
import binascii
import hmac
import math
import secrets
import struct
from collections.abc import Callable, Iterable
from enum import Enum

KEY_BYTES = 32
LINK_S = 15 * 60.0
SESSION_S = 30 * 24 * 3600.0
_NONCE_BYTES, _MAC_BYTES = 16, 32
BODY_BYTES = 8 + _NONCE_BYTES
_LENGTH = BODY_BYTES + _MAC_BYTES
_MAX_CHARS = 4 * (_LENGTH + 2) // 3 + 4
_MAX_SPENT = 4096


class Purpose(Enum):
    """What a token is for; one is never taken for the other."""

    LINK = b"link"
    SESSION = b"session"


class SignedTokens:
    """Makes and checks tokens that end at a time, by HMAC-SHA-256 (RFC 2104).

    Times are monotonic seconds of this system: one clock for all processes, which no user can set, and which
    begins again with the key when the system restarts.

    Args:
        key: Secret, `KEY_BYTES` long.
        purpose: What the tokens are for.
        extra: Another secret; when it changes, all tokens made before are invalid.
        spent: What `spent` returned before: tokens that are not valid any more.
        random_bytes: Returns so many bytes.
    """

    def __init__(
        self,
        key: bytes,
        purpose: Purpose,
        extra: str = "",
        *,
        spent: Iterable[bytes] = (),
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._key = hmac.digest(key, purpose.value + b"\0" + extra.encode(), "sha256")
        self._random_bytes = random_bytes
        self._spent = {body: _until_s(body) for body in spent}

    @property
    def spent(self) -> tuple[bytes, ...]:
        """The contents of the tokens that were spent, in that order."""
        return tuple(self._spent)

    def make(self, until_s: float) -> str:
        """Return a token that is valid until `until_s`."""
        body = struct.pack(">d", until_s) + self._random_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def is_valid(self, text: str, now_s: float) -> bool:
        """Return whether `text` was made here, has not ended and was not spent."""
        body = self._opened(text)
        return body is not None and now_s < _until_s(body) and body not in self._spent

    def spend(self, text: str, now_s: float, least_until_s: float = -math.inf) -> bool:
        """Return whether `text` is valid, and make it invalid from now on.

        Args:
            text: What was sent.
            now_s: The time.
            least_until_s: Tokens that end before are invalid: where it is not stored which were spent, those
                from before this process started may have been.
        """
        body = self._opened(text)
        if body is None or not self.is_valid(text, now_s) or _until_s(body) < least_until_s:
            return False
        self._spent = {spent: until_s for spent, until_s in self._spent.items() if now_s < until_s}
        if len(self._spent) >= _MAX_SPENT:
            return False
        self._spent[body] = _until_s(body)
        return True

    def _opened(self, text: str) -> bytes | None:
        if not text.isascii() or len(text) > _MAX_CHARS:
            return None
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        return body if len(raw) == _LENGTH and hmac.compare_digest(mac, self._mac(body)) else None

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def _until_s(body: bytes) -> float:
    until_s: float = struct.unpack(">d", body[:8])[0]
    return until_s
