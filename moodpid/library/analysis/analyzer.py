"""One song from its file to its place: decoder, features, network and heads together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress

import numpy as np

from moodpid.library.analysis.decode import Excerpt, decode
from moodpid.library.analysis.features import NAMES, extract
from moodpid.library.analysis.files import Passage
from moodpid.library.analysis.filterbanks import Floats
from moodpid.library.analysis.heads import FEW_SONGS, Head, Heads, Places, Standardization, head_inputs
from moodpid.library.analysis.musicnn import EMBEDDING, Musicnn
from moodpid.library.analysis.spectrogram import UnusableSoundError
from moodpid.library.places import Place
from moodpid.library.records import Analysis, Tags, analyzer_version
from moodpid.library.store import LibraryStore
from moodpid.library.tag_evidence import with_evidence
from moodpid.mood.emotion import Affect


class SongAnalyzer:
    """Listens to songs.

    Args:
        heads: Place them.
        network: None: the features alone must do.
    """

    def __init__(self, heads: Heads, network: Musicnn | None) -> None:
        self._heads = heads
        self._network = network
        self._usual: dict[bool, Standardization | None] = {False: None, True: None}

    @property
    def version(self) -> int:
        """Grows with what the analysis knows: the network's numbers count as a step of their own."""
        return analyzer_version(network=self._network is not None)

    def analyze(self, passage: Passage, tags: Tags) -> Analysis:
        """Return what is found in a song.

        Raises:
            DecodeError, UnusableSoundError: It cannot be read, or there is too little sound in it.
            DecoderMissingError: ffmpeg cannot be started.
            OSError: The file cannot be opened.
        """
        excerpt, features = self._read_excerpt(passage)
        embedding = self._network.embed(excerpt.network_samples) if self._network else None
        rows = None if embedding is None else embedding[None]
        inputs = head_inputs(features[None], rows)
        head = self._head(network=embedding is not None)
        places = head.place(inputs, self._usual[embedding is not None])
        return Analysis(
            features.astype("<f4").tobytes(),
            None if embedding is None else embedding.astype("<f2").tobytes(),
            next(_with_tags(places, [tags], genre=embedding is None)),
            head.sound(inputs)[0].tobytes(),
            excerpt.loudness_lufs,
        )

    def _read_excerpt(self, passage: Passage) -> tuple[Excerpt, Floats]:
        """Return samples and features of the middle of a song, or of its start where the middle is silent."""
        excerpt = decode(passage, network=self._network is not None)
        try:
            return excerpt, extract(excerpt.samples)
        except UnusableSoundError:
            if not excerpt.start_s:
                raise
        excerpt = decode(replace(passage, duration_s=0.0), network=self._network is not None)
        return excerpt, extract(excerpt.samples)

    def _head(self, *, network: bool) -> Head:
        return self._heads.network if network else self._heads.features

    def place_library(self, store: LibraryStore) -> None:
        """Find out what is usual in this library, and place all of its songs by that.

        From `FEW_SONGS` on, songs are compared with each other instead of with the songs of the training. One
        whose inputs are not all numbers is left out, and waits for the analysis again.

        Raises:
            LibraryError: The database cannot be written.
        """
        for network in (False, True):
            self._usual[network] = _usual_in(store, network=network)
            head = self._head(network=network)
            for rows in store.inputs(network=network):
                inputs = _inputs(rows)
                finite = np.isfinite(inputs).all(axis=1)
                if not finite.all():
                    store.analyze_again(row[0] for row in compress(rows, ~finite))
                songs = list(compress(rows, finite))
                places = head.place(inputs[finite], self._usual[network])
                placed = _with_tags(places, [song[1] for song in songs], genre=not network)
                store.write_places(zip([song[0] for song in songs], placed, strict=True))


def _usual_in(store: LibraryStore, *, network: bool) -> Standardization | None:
    """Return mean and standard deviation of each input; None for fewer than `FEW_SONGS` songs."""
    count, total, squared = 0, 0.0, 0.0
    for rows in store.inputs(network=network):
        inputs = _inputs(rows).astype(np.float64)
        inputs = inputs[np.isfinite(inputs).all(axis=1)]  # one song would leave all others without a place
        count, total, squared = (
            count + len(inputs),
            total + inputs.sum(axis=0),
            squared + (inputs**2).sum(axis=0),
        )
    if count < FEW_SONGS:
        return None
    mean = np.asarray(total / count)
    std = np.sqrt(np.maximum(squared / count - mean**2, 0))
    return Standardization(mean.astype(np.float32), (std + 1e-6).astype(np.float32))


def _inputs(rows: Sequence[tuple[str, Tags, bytes, bytes | None]]) -> Floats:
    features = np.frombuffer(b"".join(row[2] for row in rows), "<f4").reshape(-1, len(NAMES))
    embeddings = [row[3] for row in rows if row[3] is not None]
    if not embeddings:
        return head_inputs(features, None)
    embedding = np.frombuffer(b"".join(embeddings), "<f2").astype(np.float32).reshape(-1, EMBEDDING)
    return head_inputs(features, embedding)


def _with_tags(places: Places, tags: Sequence[Tags], *, genre: bool) -> Iterator[Place]:
    for number, one in enumerate(tags):
        valence, arousal, valence_spread, arousal_spread = (float(axis[number]) for axis in places)
        place = Place(Affect(valence, arousal), valence_spread, arousal_spread)
        yield with_evidence(place, one, genre=genre)
