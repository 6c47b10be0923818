"""Choose among lists and songs, by weights, by what was heard, and by preferences. Pure, but for the dice."""

from collections.abc import Collection, Mapping, Sequence
from random import Random

from moodpid.config import SongSource
from moodpid.mpd.feedback import Preference

SHORTLIST = 12  # songs whose stickers are read for one choice


def pick_list(sources: Sequence[SongSource], rng: Random) -> SongSource:
    """Return one of `sources`, by their weights; there is at least one."""
    return rng.choices(sources, [source.weight for source in sources])[0]


def shortlist(
    uris: Collection[str],
    waiting: Sequence[str],
    heard: Mapping[str, float],
    since_s: float,
    rng: Random,
) -> tuple[str, ...]:
    """Return some songs of `uris` that are fit to come next, at random.

    In a list so short that every song waits or was heard lately they come again, the longest unheard alone,
    and of those that wait not the one that would then follow itself: silence would be worse.

    Args:
        uris: To choose from.
        waiting: Songs that are in the queue already, the one that plays among them, the last one at the end.
        heard: When songs were heard last, in monotonic seconds.
        since_s: Later than this is lately.
        rng: Shuffles.
    """
    songs = list(dict.fromkeys(uris))
    rng.shuffle(songs)
    fresh = [uri for uri in songs if uri not in waiting and heard.get(uri, float("-inf")) < since_s]
    place = {uri: number for number, uri in enumerate(waiting)}
    songs.sort(key=lambda uri: (place.get(uri, -1), heard.get(uri, float("-inf"))))
    return tuple(fresh[:SHORTLIST] or songs[:1])


def best(preferences: Mapping[str, Preference], rng: Random) -> str:
    """Return the song whose preference draws highest; there is at least one."""
    return max(preferences, key=lambda uri: preferences[uri].sample(rng))
