"""Read from a song's stickers how it is liked, and count there each time it is heard or skipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from moodpid.mood.emotion import Mood

SKIPPED_BELOW = 1 / 3  # a song left this early was not wanted
HEARD_ABOVE = 0.9  # one left this late was: players skip the silence at the end
_GLOBAL = 0.25  # the weight of a song's counts in all moods for one mood
_LIKE_WEIGHT = 4.0
_MISFIT_WEIGHT = 3  # saying so is more than skipping

# As myMPD names and counts them: like is 0 (hated), 1 (neither) or 2 (loved)
LIKE, PLAY_COUNT, SKIP_COUNT = "like", "playCount", "skipCount"
LAST_PLAYED, LAST_SKIPPED = "lastPlayed", "lastSkipped"  # seconds since 1970


class Verdict(StrEnum):
    """What a listener did with a song."""

    HEARD = "heard"
    SKIPPED = "skipped"
    REJECTED = "misfit"


@dataclass(frozen=True, slots=True)
class Preference:
    """How a song is liked in one mood: counts for and against it, each from 0 up."""

    good: float = 0.0
    bad: float = 0.0

    def sample(self, rng: Random) -> float:
        """Return how well it might be liked, from 0 to 1: Thompson sampling.

        A draw from the beta distribution over its chance to be heard to the end, with a uniform prior
        (W. R. Thompson, "On the likelihood that one unknown probability exceeds another", 1933): songs that
        are new draw high now and then, and unloved ones seldom.
        """
        return rng.betavariate(1.0 + self.good, 1.0 + self.bad)


def verdict(share: float) -> Verdict | None:
    """Return what it means that `share` of a song was heard, from 0 to 1; None in between."""
    if share >= HEARD_ABOVE:
        return Verdict.HEARD
    return Verdict.SKIPPED if share < SKIPPED_BELOW else None


def preference(stickers: Mapping[str, str], mood: Mood) -> Preference:
    """Return how a song is liked in `mood`; stickers that are no numbers do not count."""
    heard, skipped = own_names(mood)
    like = _count(stickers, LIKE, default=1)
    return Preference(
        _count(stickers, heard) + _GLOBAL * _count(stickers, PLAY_COUNT) + _LIKE_WEIGHT * (like > 1),
        _count(stickers, skipped) + _GLOBAL * _count(stickers, SKIP_COUNT) + _LIKE_WEIGHT * (like < 1),
    )


def changes(
    stickers: Mapping[str, str], before: Mapping[str, str], mood: Mood, what: Verdict, at_unix_s: float
) -> dict[str, str]:
    """Return the stickers to set after `what` happened to a song that was chosen for `mood`.

    Args:
        stickers: Of the song now.
        before: Of the song when it was chosen: where another program has counted since, we need not.
        mood: The mood.
        what: What happened.
        at_unix_s: When, in seconds since 1970.
    """
    heard, skipped = own_names(mood)
    if what is Verdict.REJECTED:
        rejected = {rejected_name(mood): str(int(at_unix_s))}
        return {skipped: str(_count(stickers, skipped) + _MISFIT_WEIGHT)} | rejected
    good = what is Verdict.HEARD
    own, shared, when = (heard, PLAY_COUNT, LAST_PLAYED) if good else (skipped, SKIP_COUNT, LAST_SKIPPED)
    new = {own: str(_count(stickers, own) + 1), when: str(int(at_unix_s))}
    if _count(stickers, shared) == _count(before, shared):
        new[shared] = str(_count(stickers, shared) + 1)
    return new


def heard_since(stickers: Mapping[str, str], since_unix_s: float, now_unix_s: float) -> bool:
    """Return whether the song was heard between two times, in seconds since 1970, here or elsewhere."""
    played_s = _count(stickers, LAST_PLAYED, default=-1)
    return played_s >= 0 and since_unix_s <= played_s <= now_unix_s


def own_names(mood: Mood) -> tuple[str, str]:
    """Return the names of our stickers: heard to the end in `mood`, and skipped or rejected."""
    return f"moodpid_{mood}_heard", f"moodpid_{mood}_skipped"


def rejected_name(mood: Mood) -> str:
    """Return the name of our sticker with the time of the last rejection in `mood`, in seconds since 1970."""
    return f"moodpid_{mood}_rejected"


def _count(stickers: Mapping[str, str], name: str, default: int = 0) -> int:
    value = stickers.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 12 else default  # noqa: PLR2004 - int() of a book
