"""The last day of moods and songs and the last minutes on the plane, in memory only; pure."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from moodpid.mood.emotion import Affect, Mood
from moodpid.state import AppState, PlayerStatus
from moodpid.web.state_json import place_of

DAY_S = 24 * 3600.0
TRAIL_S = 300.0
_MAX_MOODS, _MAX_SONGS = 2000, 800
_STEP_S = 1.0  # from one point of the trail to the next
_MAX_GAP_S = 10.0  # what lies between two updates further apart is not known


@dataclass(slots=True)
class _MoodSpan:
    mood: Mood
    start_s: float
    end_s: float
    confidence: float = 0.0
    confidence_s: float = 0.0  # confidence times seconds


@dataclass(slots=True)
class _SongSpan:
    title: str
    artist: str
    mood: Mood | None
    start_s: float
    end_s: float


class DayLog:
    """Keeps what happened, each span with its beginning and end in monotonic seconds."""

    def __init__(self) -> None:
        self._moods: deque[_MoodSpan] = deque(maxlen=_MAX_MOODS)
        self._songs: deque[_SongSpan] = deque(maxlen=_MAX_SONGS)
        self._trail: deque[tuple[float, Affect]] = deque(maxlen=round(TRAIL_S / _STEP_S))
        self._mood: _MoodSpan | None = None
        self._song: _SongSpan | None = None
        self._updated_s: float | None = None

    def update(self, state: AppState, now_s: float) -> None:
        """Take the present state in."""
        gap = self._updated_s is not None and now_s - self._updated_s > _MAX_GAP_S
        if gap:
            self._mood = self._song = None
        self._updated_s = now_s
        self._update_mood(state, now_s)
        self._update_song(state, now_s)
        self._drop_old(now_s)

    def as_json(self, now_s: float) -> dict[str, Any]:
        """Return all of it, for `msgspec.json.encode`."""
        return {
            "now_s": round(now_s, 1),
            "moods": [
                [span.mood, round(span.start_s, 1), round(span.end_s, 1), round(_confidence(span), 2)]
                for span in self._moods
            ],
            "songs": [
                [song.mood, round(song.start_s, 1), round(song.end_s, 1), song.title, song.artist]
                for song in self._songs
            ],
            "trail": [
                [round(at_s, 1), round(place.valence, 2), round(place.arousal, 2)]
                for at_s, place in self._trail
                if now_s - at_s <= TRAIL_S
            ],
        }

    def _update_mood(self, state: AppState, now_s: float) -> None:
        mood, overridden = state.mood, state.settings.override is not None
        if mood is None or not state.mood_known:
            self._mood = None
            return
        span = self._mood
        if span is None or span.mood is not mood.mood:
            if span:
                span.end_s = now_s
            span = self._mood = _MoodSpan(mood.mood, now_s, now_s)
            self._moods.append(span)
        span.confidence = mood.confidence
        span.confidence_s += mood.confidence * (now_s - span.end_s)
        span.end_s = now_s
        place = place_of(mood, overridden=overridden)
        if place and (not self._trail or now_s - self._trail[-1][0] >= _STEP_S):
            self._trail.append((now_s, place))

    def _update_song(self, state: AppState, now_s: float) -> None:
        player = state.player
        if player.status is not PlayerStatus.PLAY or not player.title:
            self._song = None
            return
        song = self._song
        if song is None or (song.title, song.artist) != (player.title, player.artist):
            song = self._song = _SongSpan(player.title, player.artist, player.mood, now_s, now_s)
            self._songs.append(song)
        song.end_s = now_s

    def _drop_old(self, now_s: float) -> None:
        while self._moods and now_s - self._moods[0].end_s > DAY_S:
            self._moods.popleft()
        while self._songs and now_s - self._songs[0].end_s > DAY_S:
            self._songs.popleft()


def _confidence(span: _MoodSpan) -> float:
    lasted_s = span.end_s - span.start_s
    return span.confidence_s / lasted_s if lasted_s > 0 else span.confidence
