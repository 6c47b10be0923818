"""The made-up music: what people hear in it, the analysis measures."""

from pathlib import Path

import pytest
from demo import cache, library
from demo.library import STYLES, generate, tracks

from moodpid.library.analysis.files import Passage
from moodpid.library.places import PLACES
from moodpid.library.records import Tags
from moodpid.library_app import NETWORK, build_analyzer
from moodpid.mood.emotion import Affect
from tests.support.environment import require

SECONDS = 12.0
# On the plane from the place of its mood: a quarter of its width
NEAR = 0.5


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Affect]]:
    """Where the tracks of each mood lie."""
    require("ffmpeg")
    if not NETWORK.exists():
        pytest.skip("the music network is not here: tools/musicnn_weights.py makes it")
    folder = generate(tmp_path_factory.mktemp("demo"), SECONDS)
    analyzer = build_analyzer()
    return {
        mood: [
            analyzer.analyze(Passage(folder / "music" / track.path, SECONDS), Tags()).place.affect
            for track in tracks(mood)[:1]
        ]
        for mood in STYLES
    }


@pytest.mark.parametrize("mood", STYLES)
def test_each_track_lies_near_its_mood(places: dict[str, list[Affect]], mood: str) -> None:
    target = PLACES["calm" if mood == "nobody" else mood]
    assert max(place.distance(target) for place in places[mood]) < NEAR


def test_the_same_music_is_made_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, 0.5)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.wav"))
    assert len(files) == 3 * len(STYLES)
    assert all(
        (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files
    )


def test_a_library_that_another_demo_made_meanwhile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def generate(folder: Path, _: float) -> Path:
        folder.mkdir()
        (folder / "song.wav").touch()
        started.append(folder)
        if len(started) == 1:
            cache.songs(tmp_path)
        return folder

    monkeypatch.setattr(library, "generate", generate)
    songs = cache.songs(tmp_path)
    assert len(started) == 2
    assert [path.name for path in songs.iterdir()] == ["song.wav"]
    assert list(tmp_path.iterdir()) == [songs]
