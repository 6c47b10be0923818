"""The password of the page, of which only a hash stays in memory."""

import hashlib
import hmac
import secrets


class PasswordHash:
    """Checks guesses against the scrypt hash of a password (RFC 7914).

    Args:
        password: In plain text; may not be empty.
    """

    # 16 MiB and some 50 ms on a PC: slow for an attacker, affordable on a small Pi
    _COST, _BLOCK, _PARALLEL = 2**14, 8, 1

    def __init__(self, password: str) -> None:
        self._salt = secrets.token_bytes(16)
        self._hash = self._scrypt(password)

    def matches(self, guess: str) -> bool:
        """Return whether `guess` is the password; takes as long for every guess."""
        return hmac.compare_digest(self._hash, self._scrypt(guess))

    def _scrypt(self, text: str) -> bytes:
        return hashlib.scrypt(
            text.encode("utf-8", "surrogatepass"),
            salt=self._salt,
            n=self._COST,
            r=self._BLOCK,
            p=self._PARALLEL,
        )
