"""Songs to choose from: a page of a list at a time, however long the list is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from moodpid.music.connection import CommandRefusedError, Link

PAGE = 64


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


def playlist_page(link: Link, name: str, chance: Random) -> Page:
    """A fair sample of a stored playlist.

    Raises:
        MpdGoneError: The connection was lost.
    """
    try:
        page = sample(link.stream("listplaylist", name), chance)
    except CommandRefusedError as error:
        if not error.missing:
            return Page(problem=f'playlist "{name}" cannot be read: {error}')
        return Page(
            problem=f'MPD has no playlist "{name}": save one by that name, or correct [player.playlists]'
        )
    return page if page.total else Page(problem=f'playlist "{name}" is empty')


def sample(uris: Iterable[str], chance: Random) -> Page:
    """Read a list of any length, keeping each item with the same chance: reservoir sampling.

    Vitter's algorithm R ("Random Sampling with a Reservoir", 1985).
    """
    kept: list[str] = []
    total = 0
    for uri in _whole(uris):
        total += 1
        if len(kept) < PAGE:
            kept.append(uri)
        elif (place := chance.randrange(total)) < PAGE:
            kept[place] = uri
    return Page(tuple(kept), total)


def _whole(uris: Iterable[str]) -> Iterator[str]:
    return (uri for uri in uris if uri)
