"""A private MPD and a private Mosquitto on free loopback ports, for tests, demo and benchmarks."""

from tests.support.servers.mosquitto import PrivateMosquitto
from tests.support.servers.mpd import PrivateMpd, sound_card
from tests.support.servers.server import ServerError, find, free_port

__all__ = ["PrivateMosquitto", "PrivateMpd", "ServerError", "find", "free_port", "sound_card"]
