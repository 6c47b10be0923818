"""The mood that a user set in place of what the faces show."""

from dataclasses import replace

from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import MoodState


def apply_override(observed: MoodState | None, mood: Mood | None, since_s: float) -> MoodState | None:
    """Return the mood that counts: `mood` if there is one, else the observed one.

    Args:
        observed: The mood of the faces, None before the first observation; its faces and scores are kept.
        mood: What the user set, None for the observed mood.
        since_s: When it was set, in monotonic seconds.
    """
    if mood is None:
        return observed
    seen = observed or MoodState(mood, since_s, 1.0, 0, UNIFORM, since_s)
    return replace(seen, mood=mood, since_s=since_s, confidence=1.0)
