"""How many guesses at the password are taken: few from one address, and few from all together."""

import ipaddress

from moodpid.rate_limit import TokenBucket

_EACH_BURST, _EACH_HZ = 5.0, 1 / 15
_ALL_BURST, _ALL_HZ = 20.0, 1 / 3
_MAX_ADDRESSES = 256
_NETWORK_BITS = 64  # of IPv6: one machine has as many addresses as it likes below these


class LoginThrottle:
    """Counts guesses at the password."""

    def __init__(self) -> None:
        self._all = TokenBucket(_ALL_BURST, _ALL_HZ)
        self._each: dict[str, TokenBucket] = {}

    def try_take(self, address: str, now_s: float) -> bool:
        """Return whether a guess from `address` may be checked at `now_s` (monotonic seconds)."""
        key = _network(address)
        bucket = self._each.pop(key, None) or TokenBucket(_EACH_BURST, _EACH_HZ)
        self._each[key] = bucket
        while len(self._each) > _MAX_ADDRESSES:
            del self._each[next(iter(self._each))]
        return bucket.try_take(now_s) and self._all.try_take(now_s)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
    return str(parsed)
