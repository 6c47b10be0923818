"""Which requests the page answers: only those to a name of this machine, and from the page itself; pure."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from moodpid.addresses import is_loopback

CHANGE_HEADER = "X-Moodpid"
"""Must be present on every request that changes something: other sites cannot set it without CORS."""
SAFE_METHODS = frozenset({"GET", "HEAD"})
# Nothing from elsewhere, nothing inline, no strings as code, no frame around the page
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "Server": "moodpid",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_NUMBERED = re.compile(r"-\d{1,3}\.local\Z")
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via")


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask.

    Attributes:
        names: Names of this machine, in small letters; addresses in digits always pass.
        public_origin: Scheme, name and port behind a reverse proxy; empty for none.
        protected: A password or a link is needed, so that a proxy may pass on requests from elsewhere.
    """

    names: frozenset[str]
    public_origin: str = ""
    protected: bool = False

    def refuse(self, method: str, headers: Mapping[str, str]) -> str:
        """Return why a request is refused, in one line; empty if it may go on.

        Args:
            method: Of HTTP, in capital letters.
            headers: Found by their names in any case.
        """
        host = headers.get("Host", "")
        if not self._is_own(host):
            return "this page does not answer to that name; see public_url in docs/web.md"
        if not self.protected and any(name in headers for name in _FORWARDED):
            return "behind a reverse proxy the page needs a password; see docs/web.md"
        if method in SAFE_METHODS:
            navigates = headers.get("Sec-Fetch-Mode") == "navigate"
            return (
                "" if navigates or self._from_page(host, headers) else "requests from other sites are refused"
            )
        if CHANGE_HEADER not in headers:
            return f"the header {CHANGE_HEADER} is missing"
        return "" if self._from_page(host, headers) else "requests from other sites are refused"

    def _is_own(self, host: str) -> bool:
        """Return whether a Host header names this machine: a name of others means DNS rebinding."""
        name = _name_of(host)
        # On a network where the name is taken already, mDNS appends a number to it (RFC 6762, section 9)
        return _NUMBERED.sub(".local", name) in self.names or name in self.names or _is_address(name)

    def _from_page(self, host: str, headers: Mapping[str, str]) -> bool:
        site = headers.get("Sec-Fetch-Site")
        if site is not None and site not in {"same-origin", "none"}:
            return False
        origin = headers.get("Origin")
        if origin is None:
            return True
        if self.public_origin and origin.lower() == self.public_origin.lower():
            return True
        return _host_of_origin(origin) == host.lower() != ""


def client_of(peer: str, forwarded: Sequence[str], *, proxied: bool) -> str:
    """Return the address that a request comes from.

    Args:
        peer: The other end of the connection.
        forwarded: All X-Forwarded-For headers; our own proxy has written the last entry.
        proxied: A reverse proxy on this machine passes requests on.
    """
    if not (proxied and forwarded and is_loopback(peer)):
        return peer
    return forwarded[-1].rpartition(",")[2].strip()


def _name_of(host: str) -> str:
    """Return the name or address in a Host header, without port and brackets; empty if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _host_of_origin(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def own_names(host: str, public_url: str, hostname: str) -> frozenset[str]:
    """Return the names that the page answers to.

    Args:
        host: Where it listens.
        public_url: Where a reverse proxy shows it; empty for none.
        hostname: Of this machine.
    """
    short = hostname.lower().rstrip(".").partition(".")[0]
    names = {
        "localhost",
        host.lower(),
        hostname.lower(),
        short,
        f"{short}.local",
        _name_of(_host_of_origin(public_url)),
    }
    return frozenset(names - {""})
