"""The machine's own addresses are told from those that others can reach."""

import pytest

from moodpid.addresses import is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost", "Localhost"]
)
def test_addresses_of_this_machine_alone_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["192.168.1.20", "::", "::ffff:192.168.1.20", "nas.local", "/run/mpd/socket"]
)
def test_all_other_addresses_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
