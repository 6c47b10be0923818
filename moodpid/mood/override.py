"""The mood that somebody asked for, in place of what the faces show."""

from dataclasses import replace

from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.filter import MoodState


def apply_override(felt: MoodState | None, mood: Mood | None, since_s: float) -> MoodState | None:
    """What is told and played: `mood` if there is one, else what was felt.

    Args:
        felt: What the faces say, None before the first look; its faces and scores are told all the same.
        mood: What was asked for, None for what the faces say.
        since_s: When it was asked for, in monotonic seconds.
    """
    if mood is None:
        return felt
    seen = felt or MoodState(mood, since_s, 1.0, 0, UNIFORM, since_s)
    return replace(seen, mood=mood, since_s=since_s, confidence=1.0)
