"""Texts of configurations, and what is wrong with one."""

import pytest

from moodpid.config import parse
from moodpid.errors import ConfigError

GOOD = '[player.playlists]\nhappy = ["Happy"]\nsad = ["Sad"]\n'
PLAYLISTS = '[player.playlists]\nhappy = ["Happy"]\n'


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.lines
