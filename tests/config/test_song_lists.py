"""What each mood plays: playlists, sounds, or neither."""

import pytest

from moodpid.config import CameraSource, SongSource, Sound, TransitionMode, parse
from moodpid.mood.emotion import Mood
from tests.support.config_text import PLAYLISTS, faults


def test_playlists_are_all_that_has_to_be_there() -> None:
    config = parse(PLAYLISTS)
    assert config.player.playlists == {Mood.HAPPY: ("Happy",)}
    assert config.camera.source is CameraSource.PICAMERA2
    assert config.player.change is TransitionMode.NEXT
    assert not config.player.autoplay


@pytest.mark.parametrize("text", ["", "[player]\nport = 6601\n", "[player.playlists]\nnobody = []\n"])
def test_without_playlists_each_mood_has_what_sounds_like_it(text: str) -> None:
    lists = parse(text).player.lists
    assert lists[Mood.SAD] == (SongSource(sounds=Sound.SAD),)
    assert Mood.NOBODY not in lists


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ('{ sounds = "calm" }', "songs that sound calm"),
        ('{ folder = "Jazz", sounds = "happy" }', "Jazz/ that sounds happy"),
        ('{ playlist = "Mine", sounds = "sad", weight = 2 }', "Mine that sounds sad"),
    ],
)
def test_a_list_may_be_what_sounds_like_a_mood(entry: str, name: str) -> None:
    assert parse(f"[player.playlists]\nhappy = [{entry}]\n").player.names[Mood.HAPPY] == (name,)


def test_an_unknown_sound_is_a_fault_with_a_suggestion() -> None:
    (fault,) = faults('[player.playlists]\nhappy = [{ sounds = "hapy" }]\n')
    assert "did you mean happy?" in fault


def test_a_player_that_is_off_needs_no_playlists() -> None:
    assert not parse("[player]\nenabled = false").player.enabled


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('happpy = ["x"]', "did you mean happy?"),
        ("sad = []", "is empty"),
        ('sad = "Sad"', 'write ["Sad"]'),
        ('sad = [""]', "an entry may not be empty"),
        ("sad = [3]", "an entry is text in quotes, not 3"),
        ("sad = 3", "is a list, not 3"),
        (
            'sad = [{ filter = "(genre == ", weight = 0 }]',
            "weight is a number above 0 up to 100,000,000, not 0",
        ),
        ("sad = [{ folder = 3 }]", "folder is text in quotes, not 3"),
        ('sad = [{ folder = "a", filter = "b" }]', "an entry has one of playlist, filter and folder"),
        ('sad = [{ filter = "b" }]', "an expression in parentheses"),
    ],
)
def test_a_playlist_list_that_cannot_be_played_is_a_fault(line: str, what: str) -> None:
    (fault,) = faults(PLAYLISTS + line)
    assert what in fault
    assert "line 3" in fault


def test_an_empty_list_for_nobody_leaves_the_player_alone() -> None:
    assert parse(PLAYLISTS + "nobody = []").player.playlists[Mood.NOBODY] == ()


def test_a_playlist_name_of_two_lines_is_a_fault() -> None:
    assert "line 2" in faults('[player.playlists]\nhappy = ["a\\nclear"]')[0]
    assert "line 2" in faults('[player.playlists]\nhappy = [{folder = "a\\nclear"}]')[0]
