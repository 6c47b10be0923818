"""Songs to choose from: a page of a list at a time, however long the list is.

A kind of source is one function that reads a page of it and one line in `_READERS`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from moodpid.config import SongSource
from moodpid.mpd.protocol import CommandRefusedError, Mpd, MpdGoneError

PAGE = 64
_RUN = 8  # songs in a row: lists often have an album's together
_USES = 32  # songs chosen from one page before another is read
PAGED_PLAYLISTS = (0, 24)
"""The protocol from which MPD gives a stored playlist in windows."""
TOO_LARGE_S = 3600.0
"""A list with whose answer MPD hung up twice is not asked for again in this time."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some songs of a list, in no order that matters.

    Attributes:
        uris: At most `PAGE` of them.
        total: How many songs the list has.
        problem: One line on why the list cannot be used, empty if it can.
    """

    uris: tuple[str, ...] = ()
    total: int = 0
    problem: str = ""


class HangUps:
    """Which playlists MPD cannot send: before 0.24 it does so in one piece, and hangs up at a large one.

    Once may be chance, as when MPD ends at that moment: a list is left out if MPD hangs up a second time.
    """

    def __init__(self) -> None:
        self._seen: Counter[SongSource] = Counter()
        self._until_s: dict[SongSource, float] = {}

    def problem(self, source: SongSource, now_s: float) -> str:
        """Return why the list is left out at the moment; empty if it is not."""
        return too_large(source) if now_s < self._until_s.get(source, now_s) else ""

    @contextmanager
    def watch(self, source: SongSource, now_s: float) -> Iterator[None]:
        """Note whether MPD hangs up while the list is read."""
        try:
            yield
        except MpdGoneError as error:
            if error.dropped and source.playlist:
                self._seen[source] += 1
                if self._seen[source] > 1:
                    self._until_s[source] = now_s + TOO_LARGE_S
            raise
        self._seen.pop(source, None)


class SongLists:
    """Reads pages, and keeps each for some uses.

    Args:
        rng: Decides which page of a list it is.

    Attributes:
        hang_ups: Which lists MPD cannot send.
    """

    def __init__(self, rng: Random) -> None:
        self._random = rng
        self._pages: dict[SongSource, Page] = {}
        self._uses: dict[SongSource, int] = {}
        self.hang_ups = HangUps()

    def forget(self, source: SongSource | None = None) -> None:
        """Read again what may have changed: one source, or all of them."""
        for known in list(self._uses) if source is None else [source]:
            self._uses.pop(known, None)

    def page(self, link: Mpd, source: SongSource, now_s: float) -> Page:
        """Return a fair page of the songs that `source` names.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if problem := self.hang_ups.problem(source, now_s):
            return Page(problem=problem)
        if self._uses.get(source, 0) <= 0:
            with self.hang_ups.watch(source, now_s):
                self._pages[source] = read_page(link, source, self._random)
            # MPD does not report all that makes an unusable list usable
            self._uses[source] = _USES if self._pages[source].uris else 0
        self._uses[source] -= 1
        return self._pages[source]


def read_page(link: Mpd, source: SongSource, rng: Random) -> Page:
    """Return a fair page of the songs that `source` names, read from MPD.

    Raises:
        MpdGoneError: The connection was lost.
    """
    if source.sounds:
        return Page(problem="songs that sound like a mood are not read from MPD")
    read = next(reader for key, reader in _READERS.items() if getattr(source, key))
    try:
        page = read(link, source, rng)
    except CommandRefusedError as error:
        return Page(problem=_problem(source, error))
    return page if page.total or page.problem else Page(problem=_empty(source))


@dataclass(frozen=True, slots=True)
class ListCheck:
    """What came of asking MPD for the songs of one page.

    Attributes:
        page: The page.
        missing: How many of its songs MPD could not add.
    """

    page: Page
    missing: int = 0

    @property
    def problem(self) -> str:
        """One line on why the list cannot be used, empty if it can."""
        return self.page.problem

    @property
    def shortfall(self) -> str:
        """What is wrong with single songs, such as "60 of 62 songs are not in MPD's library"; else empty."""
        tried = len(self.page.uris)
        which = f"{self.missing} of {tried} songs" + (" that were tried" if tried < self.page.total else "")
        return f"{which} are not in MPD's library" if self.missing else ""


def check_list(link: Mpd, source: SongSource, rng: Random) -> ListCheck:
    """Read a page of a list, and ask MPD for each of its songs; changes nothing there.

    Raises:
        MpdGoneError: The connection was lost.
    """
    page = read_page(link, source, rng)
    missing = sum(not link.has_song(uri) for uri in page.uris)
    if page.uris and missing == len(page.uris):
        page = replace(page, problem=none_playable(source, missing))
    return ListCheck(page, missing)


def none_playable(source: SongSource, tried: int | None) -> str:
    """Return the problem of a list none of whose songs can be added; `tried`: how many, None for some."""
    number = "" if tried is None else f"{tried} "
    songs = "its only song" if tried == 1 else f"any of the {number}songs that were tried"
    return f"{kind(source)}: MPD cannot add {songs}: update its library (mpc update), or make the list again"


def too_large(source: SongSource) -> str:
    """Return the problem of a list with whose answer MPD hung up."""
    return (
        f"{kind(source)} is larger than MPD's max_output_buffer_size, and MPD hangs up: "
        "raise it in mpd.conf, or use a filter or a folder"
    )


def _playlist(link: Mpd, source: SongSource, rng: Random) -> Page:
    name = source.playlist
    if name.lower().endswith(".cue"):
        return _cue_sheet(link, source, rng)
    if link.version_at_least(PAGED_PLAYLISTS):
        total = link.playlist_length(name)
        page = _page(partial(link.playlist_window, name), total, rng)
    else:
        page = sample(link.playlist(name), rng)
    # A CUE sheet inside a song file names that file once for each track
    embedded = page.total > 1 and set(page.uris) == {name}
    return _cue_sheet(link, source, rng) if embedded else page


def _cue_sheet(link: Mpd, source: SongSource, rng: Random) -> Page:
    """Return tracks of a CUE sheet: in the library it is a folder, as a playlist it names the whole album."""
    page = _matching(link, _below(source.playlist), rng)
    if page.total:
        return page
    return Page(
        problem=f'CUE sheet "{source.playlist}": its tracks are not in MPD\'s library: '
        "update it (mpc update), or name the folder of the album instead"
    )


def _filter(link: Mpd, source: SongSource, rng: Random) -> Page:
    return _matching(link, source.filter, rng)


def _folder(link: Mpd, source: SongSource, rng: Random) -> Page:
    return _matching(link, _below(source.folder.strip("/")), rng)


# The field of a source, and what reads a page of it
_READERS: Mapping[str, Callable[[Mpd, SongSource, Random], Page]] = {
    "playlist": _playlist,
    "filter": _filter,
    "folder": _folder,
}


def _below(folder: str) -> str:
    return f'(base "{_quoted(folder)}")'


def _matching(link: Mpd, expression: str, rng: Random) -> Page:
    return _page(partial(link.find, expression), link.count(expression), rng)


def _page(read: Callable[[int, int], tuple[str, ...]], total: int, rng: Random) -> Page:
    """Read a page of a list of `total` songs, by what reads those from one place to before another."""
    return Page(tuple(uri for window in windows(total, rng) for uri in read(*window)), total)


def _quoted(text: str) -> str:
    """Return `text` as it stands in a string of a filter expression; MPD's manual, "Filters"."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def windows(total: int, rng: Random, most: int = PAGE, length: int = _RUN) -> list[tuple[int, int]]:
    """Return starts and ends of parts of a list; each song is equally likely.

    Args:
        total: Songs of the list.
        rng: Decides which parts.
        most: So many songs together, at most.
        length: Of a part, in songs; a list of at most `most` songs is one part.
    """
    if total <= most:
        return [(0, total)] if total else []
    runs = sorted(rng.sample(range(-(-total // length)), most // length))
    return [(length * run, min(total, length * (run + 1))) for run in runs]


def sample(uris: Iterable[str], rng: Random) -> Page:
    """Read a list of any length, keeping each item with the same chance: reservoir sampling.

    Vitter's algorithm R ("Random Sampling with a Reservoir", 1985).
    """
    kept: list[str] = []
    total = 0
    for uri in filter(None, uris):
        total += 1
        if len(kept) < PAGE:
            kept.append(uri)
        elif (place := rng.randrange(total)) < PAGE:
            kept[place] = uri
    return Page(tuple(kept), total)


def _problem(source: SongSource, error: CommandRefusedError) -> str:
    if source.playlist and error.missing:
        return f'MPD has no playlist "{source.playlist}": save it, or correct [player.playlists]'
    if source.folder and error.missing:
        return f'MPD\'s library has no folder "{source.name}": update it, or correct [player.playlists]'
    return f"{kind(source)} cannot be read: {error}"


def _empty(source: SongSource) -> str:
    return f"{kind(source)} {'matches no song' if source.filter else 'is empty'}"


def kind(source: SongSource) -> str:
    """Return what a source is, with its name, as problems call it."""
    if source.playlist:
        return f'playlist "{source.playlist}"'
    return f"filter {source.filter}" if source.filter else f'folder "{source.name}"'
