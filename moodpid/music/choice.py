"""Which song is next: none that waits or was heard lately, while another is there."""

from collections.abc import Collection, Mapping, Sequence
from random import Random


def choose(
    uris: Sequence[str], count: int, waiting: Collection[str], heard: Mapping[str, float], chance: Random
) -> tuple[str, ...]:
    """Up to `count` different songs of `uris`, the longest unheard first and those that wait last of all.

    Args:
        uris: To choose from.
        count: How many.
        waiting: Songs that are in the queue already, the one that plays among them; in a list so short that
            nothing else is left they come again, for silence would be worse.
        heard: When songs were heard last, in monotonic seconds.
        chance: Decides between songs that are level.
    """
    songs = list(dict.fromkeys(uris))
    chance.shuffle(songs)
    songs.sort(key=lambda uri: (uri in waiting, heard.get(uri, float("-inf"))))
    return tuple(songs[:count])
