"""A music folder to analyse, with its database."""

from collections.abc import Callable
from pathlib import Path

from moodpid.library.analysis.scan import LibraryScan, Progress
from moodpid.library.store import LibraryStore
from tests.library.songs import TODAY, ReadingAnalyzer, listed

WORDS = "0.5 -0.5"


class Folder:
    """A music folder, its database, and an analyser that reads it."""

    def __init__(self, path: Path) -> None:
        self.music = path / "music"
        self.music.mkdir()
        self.path = path / "library.sqlite"
        self.store = LibraryStore(self.path)
        self.analyzer = ReadingAnalyzer()
        self.modified: dict[str, str] = {}

    def write(self, uri: str, text: str = WORDS, modified: str = "1") -> None:
        path = self.music / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text} {uri}" if text == WORDS else text, encoding="utf-8")
        self.modified[uri] = modified

    def remove(self, uri: str) -> None:
        (self.music / uri).unlink()
        del self.modified[uri]

    def list(self) -> None:
        songs = [listed(uri, modified=mark) for uri, mark in sorted(self.modified.items())]
        self.store.replace_listing(songs, TODAY)

    def scan(self, limit: int | None = None, should_stop: Callable[[], str] = lambda: "") -> Progress:
        scan = LibraryScan(
            store=self.store,
            folder=self.music,
            analyzer=self.analyzer,
            should_stop=should_stop,
            clock=lambda: 0.0,
        )
        return scan.run(limit)
