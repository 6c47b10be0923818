"""moodpid: the faces in a room become a mood, and the mood becomes music."""

__version__ = "0.2.0"
