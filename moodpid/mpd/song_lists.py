"""Songs to choose from: a page of a list at a time, however long the list is."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from moodpid.config import SongSource
from moodpid.mpd.connection import CommandRefusedError, Mpd

PAGE = 64
_USES = 32  # songs chosen from one page before another is read
_PAGED_PLAYLISTS = (0, 24)  # the protocol from which MPD gives a stored playlist in windows


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


class SongLists:
    """Reads pages, and keeps each for some uses.

    Args:
        rng: Decides which page of a list it is.
    """

    def __init__(self, rng: Random) -> None:
        self._random = rng
        self._pages: dict[SongSource, Page] = {}
        self._uses: dict[SongSource, int] = {}

    def forget(self) -> None:
        """The lists may have changed."""
        self._pages.clear()
        self._uses.clear()

    def page(self, link: Mpd, entry: SongSource) -> Page:
        """A fair page of the songs that `entry` names.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._uses.get(entry, 0) <= 0:
            self._pages[entry] = read_page(link, entry, self._random)
            self._uses[entry] = _USES
        self._uses[entry] -= 1
        return self._pages[entry]


def read_page(link: Mpd, entry: SongSource, rng: Random) -> Page:
    """As `Library.page`, from MPD itself."""
    try:
        page = _playlist(link, entry.playlist, rng) if entry.playlist else _find(link, entry, rng)
    except CommandRefusedError as error:
        return Page(problem=_problem(entry, error))
    return page if page.total else Page(problem=_empty(entry))


def _playlist(link: Mpd, name: str, rng: Random) -> Page:
    if link.version_at_least(_PAGED_PLAYLISTS):
        total = int(link.ask("playlistlength", name)["songs"])
        start, end = _window(total, rng)
        return Page(tuple(link.ask("listplaylist", name, (start, end))) if total else (), total)
    return sample(link.stream("listplaylist", name), rng)


def _find(link: Mpd, entry: SongSource, rng: Random) -> Page:
    expression = entry.filter or f'(base "{_quoted(entry.folder.strip("/"))}")'
    total = int(link.ask("count", expression)["songs"])
    songs = link.ask("find", expression, "window", _window(total, rng)) if total else ()
    return Page(tuple(str(song["file"]) for song in songs), total)


def _quoted(text: str) -> str:
    """As a string inside a filter expression; MPD's manual, "Filters"."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _window(total: int, rng: Random) -> tuple[int, int]:
    """Start and end of one of the pages of a list, all of them equally likely."""
    start = PAGE * rng.randrange(max(1, -(-total // PAGE)))
    return start, min(total, start + PAGE)


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


def _problem(entry: SongSource, error: CommandRefusedError) -> str:
    if entry.playlist and error.missing:
        return f'MPD has no playlist "{entry.playlist}": save it, or correct [player.playlists]'
    if entry.folder and error.missing:
        return f'MPD\'s library has no folder "{entry.name}": update it, or correct [player.playlists]'
    return f"{_kind(entry)} cannot be read: {error}"


def _empty(entry: SongSource) -> str:
    return f"{_kind(entry)} {'matches no song' if entry.filter else 'is empty'}"


def _kind(entry: SongSource) -> str:
    if entry.playlist:
        return f'playlist "{entry.playlist}"'
    return f"filter {entry.filter}" if entry.filter else f'folder "{entry.name}"'
