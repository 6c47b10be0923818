from xml.etree import ElementTree as ET

from moodpid.library.overview import EXAMPLES, overview, song_name
from moodpid.library.picture import draw
from moodpid.library.places import PLACES, Place
from moodpid.library.reader import PlacedSong
from moodpid.library.records import Tags
from moodpid.mood.emotion import Affect


def song(uri: str, valence: float, arousal: float, title: str = "", artist: str = "") -> PlacedSong:
    return PlacedSong(uri, Tags(title, artist), Place(Affect(valence, arousal), 0.2, 0.4), bytes(16), 1)


def test_each_song_counts_for_the_mood_nearest_to_it() -> None:
    songs = [song(f"{name}.mp3", *PLACES[name]) for name in ("happy", "happy", "calm")]
    counts = {mood.name: mood.songs for mood in overview(songs)}
    assert counts.pop("happy") == 2
    assert counts.pop("calm") == 1
    assert "nobody" not in counts
    assert set(counts.values()) == {0}


def test_the_nearest_songs_are_the_examples() -> None:
    happy = PLACES["happy"]
    songs = [song(f"{number}.mp3", happy.valence - number / 100, happy.arousal) for number in range(20)]
    (mood,) = [mood for mood in overview(reversed(songs)) if mood.name == "happy"]
    assert [one.uri for one in mood.examples] == [f"{number}.mp3" for number in range(EXAMPLES)]
    assert 0.29 < mood.spread < 0.31


def test_a_song_is_named_by_its_tags_or_its_file() -> None:
    assert song_name(song("a.mp3", 0, 0, "Tuesday", "Ann")) == "Ann: Tuesday"
    assert song_name(song("a.mp3", 0, 0, "Tuesday")) == "Tuesday"
    assert song_name(song("a.mp3", 0, 0)) == "a.mp3"


def test_the_picture_shows_each_song_whatever_its_title() -> None:
    songs = [song("a.mp3", 1, 1, "<script>&\"'"), song("b.mp3", -1, -1)]
    picture = ET.fromstring(draw(songs, "2 songs & more"))  # noqa: S314 - our own
    circles = [one for one in picture.iter() if one.tag.endswith("circle")]
    assert len(circles) == 2
    assert [one.get("cx") for one in circles] == ["860.0", "60.0"]
    assert [one.get("cy") for one in circles] == ["60.0", "860.0"]
