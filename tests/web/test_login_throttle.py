"""Guesses at the password are few: from one address, one network, and from all together."""

from moodpid.web.login_throttle import LoginThrottle


def guesses(throttle: LoginThrottle, addresses: list[str], now_s: float = 0.0) -> list[bool]:
    return [throttle.try_take(address, now_s) for address in addresses]


def test_one_address_has_five_guesses() -> None:
    throttle = LoginThrottle()
    assert guesses(throttle, ["10.0.0.2"] * 6) == [True] * 5 + [False]
    assert guesses(throttle, ["10.0.0.2"], 14.0) == [False]
    assert guesses(throttle, ["10.0.0.2"] * 2, 15.1) == [True, False]


def test_all_together_have_twenty() -> None:
    throttle = LoginThrottle()
    assert guesses(throttle, [f"10.0.0.{n}" for n in range(21)]) == [True] * 20 + [False]
    assert guesses(throttle, ["10.0.1.1", "10.0.1.2"], 3.1) == [True, False]


def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    throttle = LoginThrottle()
    assert guesses(throttle, [f"fd00::{n}" for n in range(1, 7)]) == [True] * 5 + [False]
    assert guesses(throttle, ["fd00:0:0:1::1"]) == [True]
    assert guesses(throttle, ["::ffff:10.0.0.2", "10.0.0.3"]) == [True, True]
