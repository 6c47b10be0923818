import math
from pathlib import Path

import numpy as np
import pytest
from musicnn_weights import fold

from moodpid.library.analysis import analyzer as module
from moodpid.library.analysis.analyzer import SongAnalyzer
from moodpid.library.analysis.features import NAMES
from moodpid.library.analysis.files import Passage
from moodpid.library.analysis.heads import read_heads
from moodpid.library.analysis.musicnn import Musicnn
from moodpid.library.analysis.spectrogram import UnusableSoundError
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Analysis, Tags
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect
from tests.library.analysis.checkpoint import make_tensors
from tests.library.analysis.sounds import RATE_HZ, lament, march, write_wav
from tests.library.songs import TODAY, listed, stamp
from tests.support.environment import require

HEADS = read_heads(Path(__file__).parents[3] / "models" / "music.json")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Musicnn:
    path = tmp_path_factory.mktemp("network") / "musicnn.npz"
    np.savez(path, **fold(make_tensors()))
    return Musicnn(path)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    require("ffmpeg")
    return write_wav(tmp_path / "song.wav", march())


def test_a_song_is_placed_with_and_without_the_network(song: Path, network: Musicnn) -> None:
    alone, both = SongAnalyzer(HEADS, None), SongAnalyzer(HEADS, network)
    assert both.version > alone.version
    first, second = (one.analyze(Passage(song, 12.0), Tags()) for one in (alone, both))
    assert first.embedding is None
    assert second.embedding
    assert (len(first.features), len(second.embedding)) == (4 * 103, 2 * 200)
    assert len(first.sound) == len(second.sound) == 16
    assert first.loudness_lufs == second.loudness_lufs


def test_tags_move_a_song(song: Path) -> None:
    analyzer = SongAnalyzer(HEADS, None)
    plain, sad = (analyzer.analyze(Passage(song, 12.0), Tags(mood=mood)).place for mood in ("", "Sad"))
    assert sad.affect.valence < plain.affect.valence


def test_a_song_with_silence_in_its_middle_is_heard(tmp_path: Path) -> None:
    require("ffmpeg")
    sound, silence = march(8.0), np.zeros(70 * RATE_HZ, np.float32)
    hidden = write_wav(tmp_path / "hidden.wav", np.concatenate([sound, silence, sound]))
    silent = write_wav(tmp_path / "silent.wav", np.concatenate([silence, sound]))
    analyzer = SongAnalyzer(HEADS, None)
    assert analyzer.analyze(Passage(hidden, 86.0), Tags()).place.affect.arousal > 0
    with pytest.raises(UnusableSoundError, match="silent"):
        analyzer.analyze(Passage(silent, 78.0), Tags())


def test_placing_the_library_changes_no_place_of_a_small_one(tmp_path: Path, network: Musicnn) -> None:
    before, after = placed(tmp_path, SongAnalyzer(HEADS, network), songs=4)
    for uri, analysis in before.items():
        assert after[uri].affect == pytest.approx(analysis.place.affect, abs=0.02)


def test_a_library_of_some_size_is_compared_with_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW_SONGS", 4)
    _, after = placed(tmp_path, SongAnalyzer(HEADS, None), songs=8)
    arousals = [place.affect.arousal for place in after.values()]
    assert min(arousals) < 0 < max(arousals)


def test_a_song_without_numbers_moves_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW_SONGS", 4)
    analyzer, path = SongAnalyzer(HEADS, None), tmp_path / "library.sqlite"
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill_with_features(store, analyzer.version, broken="3.mp3")
        analyzer.place_library(store)
        assert [song.uri for song in reader.everything()] == [f"{number}.mp3" for number in (0, 1, 2, 4, 5)]
        assert [song.uri for song in store.next_songs(analyzer.version, 9)] == ["3.mp3"]


def test_placing_the_same_songs_again_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW_SONGS", 4)
    analyzer = SongAnalyzer(HEADS, None)
    with LibraryStore(tmp_path / "library.sqlite") as store, store._db.reading() as db:
        fill_with_features(store, analyzer.version)
        analyzer.place_library(store)
        before = db.total_changes
        analyzer.place_library(store)
        assert db.total_changes == before


def fill_with_features(store: LibraryStore, version: int, broken: str = "") -> None:
    """Record six songs as an earlier program left them: one may have lost every place."""
    songs = [listed(f"{number}.mp3") for number in range(6)]
    store.replace_listing(songs, TODAY)
    place = Place(Affect(math.nan, math.nan), math.nan, math.nan) if broken else Place(Affect(0, 0), 0.2, 0.2)
    for number, song in enumerate(songs):
        features = np.random.default_rng(number).normal(size=len(NAMES))
        if song.uri == broken:
            features[5] = math.nan
        analysis = Analysis(features.astype("<f4").tobytes(), None, place, bytes(16))
        store.record(song, stamp(song), version, analysis)


def placed(
    tmp_path: Path, analyzer: SongAnalyzer, songs: int
) -> tuple[dict[str, Analysis], dict[str, Place]]:
    """Analyse some songs, place the library, and return what was found first and where they lie then."""
    require("ffmpeg")
    found: dict[str, Analysis] = {}
    with LibraryStore(tmp_path / "library.sqlite") as store:
        store.replace_listing([listed(f"{number}.wav") for number in range(songs)], TODAY)
        for number in range(songs):
            sound = (march if number % 2 else lament)(8.0 + number / 4)
            path = write_wav(tmp_path / f"{number}.wav", sound)
            analysis = found[path.name] = analyzer.analyze(Passage(path), Tags())
            store.record(listed(path.name), stamp(listed(path.name)), analyzer.version, analysis)
        analyzer.place_library(store)
        with LibraryReader(tmp_path / "library.sqlite") as reader:
            return found, {song.uri: song.place for song in reader.everything()}
