"""Who is signed in: by a password, by a one-time link, or without either on this machine alone."""

import time
from collections.abc import Callable, Iterable

from moodpid.web.backend import BusyError, Workers
from moodpid.web.key_file import KeyFile
from moodpid.web.login_throttle import LoginThrottle
from moodpid.web.password_hash import PasswordHash
from moodpid.web.signed_tokens import LINK_S, SESSION_S, Purpose, SignedTokens

_COOKIE = "moodpid_session"
_SECURE = "__Secure-"


def cookie_name(port: int, *, secure: bool) -> str:
    """Return the name of the cookie with the session, which the page's port is part of.

    Browsers keep one cookie of a name for all ports of a host: that of another page would replace it. Beside
    a cookie of the same name that is for https alone, a browser takes none of http.
    """
    return f"{_SECURE if secure else ''}{_COOKIE}_{port}"


def sessions_of(headers: Iterable[str]) -> list[str]:
    """Return the sessions in the `Cookie` headers of a request, also those of other pages.

    Browsers send the cookies of all programs on a machine, whatever the port. At odd ones the reader of an
    older aiohttp, such as Debian's, fails, or leaves out all that follow.
    """
    pairs = (pair.strip().partition("=") for header in headers for pair in header.split(";"))
    return [value for name, _, value in pairs if name.removeprefix(_SECURE).startswith(_COOKIE)]


class TooManyAttemptsError(Exception):
    """Wait before the next attempt."""


class Authenticator:
    """Checks passwords, links and sessions.

    Args:
        key_file: The secret of this installation.
        password: In plain text; empty for none.
        protected: Whether a session is needed at all.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        key_file: KeyFile,
        password: str,
        *,
        protected: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.protected = protected
        self._password = PasswordHash(password) if password else None
        self._links = SignedTokens(key_file.key, Purpose.LINK)
        self._sessions = SignedTokens(key_file.key, Purpose.SESSION, password, spent=key_file.signed_out)
        self._key_file = key_file
        self._throttle = LoginThrottle()
        # One at a time: scrypt takes 16 MiB
        self._workers = Workers(1)
        self._clock = clock
        self._started_s = clock()

    @property
    def has_password(self) -> bool:
        """Whether a password may be typed; links work in any case."""
        return self._password is not None

    def is_signed_in(self, sessions: Iterable[str]) -> bool:
        """Return whether a request with these session cookies may go on."""
        return not self.protected or any(self._sessions.is_valid(one, self._clock()) for one in sessions)

    async def by_password(self, guess: str, address: str) -> str:
        """Return a new session; empty if the guess is wrong.

        Args:
            guess: What was typed.
            address: Of the client.

        Raises:
            TooManyAttemptsError: There were too many already.
        """
        password = self._password
        self._take_guess(address)
        if password is None:
            return ""
        try:
            matches = await self._workers.run(lambda: password.matches(guess))
        except BusyError:
            raise TooManyAttemptsError from None
        return self._new_session() if matches else ""

    def by_link(self, token: str) -> str:
        """Return a new session; empty if the token is wrong, spent or too old.

        Nobody guesses 256 bits, so this way in stays open while others guess the password.
        """
        valid = self._links.spend(token, self._clock(), self._started_s + LINK_S)
        return self._new_session() if valid else ""

    def sign_out(self, sessions: Iterable[str]) -> None:
        """End sessions, also for the time after a restart."""
        if any([self._sessions.spend(one, self._clock()) for one in sessions]):  # noqa: C419 - all of them
            self._key_file.save_signed_out(self._sessions.spent)

    def _take_guess(self, address: str) -> None:
        if not self._throttle.try_take(address, self._clock()):
            raise TooManyAttemptsError

    def _new_session(self) -> str:
        return self._sessions.make(self._clock() + SESSION_S)
