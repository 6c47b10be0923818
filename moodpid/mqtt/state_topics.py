"""From the state of the app to what stands on each topic."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

from moodpid.mood.emotion import Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mqtt import payloads
from moodpid.mqtt.publish_throttle import TopicState
from moodpid.mqtt.topics import ONLINE, Topics
from moodpid.settings.fields import OFF, ON, SettingField
from moodpid.state import AppState, CameraStatus, PlayerStatus, Settings
from moodpid.text import clean

MAX_STATE_CHARS = 250  # Home Assistant takes 255 characters
SELDOM_S = 30.0  # for numbers that nobody watches by the second
NO_ERROR = "none"

T = TypeVar("T")


class StateTopics:
    """Makes the state of each topic; remembers the last error and when the mood began.

    Most of it is the same from step to step, and is made again only when it differs.

    Args:
        topics: Where it is published.
        fields: What can be set, and so has a state.
        discovery: What Home Assistant reads; empty without Home Assistant.
    """

    def __init__(self, topics: Topics, fields: Iterable[SettingField], discovery: str) -> None:
        self._topics = topics
        self._timestamps = _StableTimestamps()
        self._last_error = NO_ERROR
        self._discovery = [_plain(topics.discovery, discovery, repeat=False)] if discovery else []
        once = lru_cache(maxsize=1)
        self._settings = once(partial(_settings, topics, tuple(fields)))
        self._occupancy = once(partial(_plain, topics.occupancy))
        self._camera = once(partial(_doing, topics.camera, payloads.camera))
        self._player = once(partial(_doing, topics.player, payloads.player))
        self._picture = once(partial(_plain, topics.picture, repeat=False, retain=False))
        self._status = _plain(topics.status, ONLINE)

    def topic_states(self, state: AppState, now_s: float) -> Iterator[TopicState]:
        """Yield all states at `now_s` (monotonic seconds), the most urgent first: some may have to wait."""
        yield from self._discovery
        yield from self._settings(state.settings)  # a user just touched one and waits for the answer
        if not state.mood_known:
            # Before the mood, which may be an earlier one: nobody reads it as one of now
            yield self._availability(state)
        if state.mood is not None:
            yield self._mood(state.mood, now_s)
        if state.observed_mood is not None:
            # Not from the published mood: an override knows nothing about the room
            yield self._occupancy(OFF if state.observed_mood.mood is Mood.NOBODY else ON)
        if state.mood_known:
            # After them, so that nobody reads one of the past
            yield self._availability(state)
        if state.mood is not None:
            yield from self._about_mood(state.mood, state, now_s)
        yield self._camera(state.camera)
        yield self._player(state.player)
        yield _doing(self._topics.song, payloads.affect, state.player.place)
        yield self._vitals(state)
        if state.picture:
            yield self._picture(state.picture)
        # Last, so that a client that waits for it finds the rest in place
        yield self._status

    def _mood(self, mood: MoodState, now_s: float) -> TopicState:
        payload = partial(self._since, payloads.mood, mood, now_s)
        return TopicState(self._topics.mood, payload, (mood.mood, mood.since_s, mood.faces), _drift(mood))

    def _about_mood(self, mood: MoodState, state: AppState, now_s: float) -> Iterator[TopicState]:
        payload = partial(self._since, payloads.attributes, mood, now_s)
        key = (mood.mood, mood.since_s)
        yield TopicState(self._topics.attributes, payload, key, _drift(mood), every_s=5.0)
        place = payloads.affect_of(mood, asked_for=state.settings.override is not None)
        payload, key = partial(payloads.affect, place), (mood.mood, place is None)
        yield TopicState(self._topics.affect, payload, key, place or (0.0, 0.0), every_s=5.0)

    def _availability(self, state: AppState) -> TopicState:
        mood, occupancy = state.mood_known, state.room_known
        payload = partial(payloads.availability, mood=mood, occupancy=occupancy)
        return TopicState(self._topics.availability, payload, (mood, occupancy))

    def _since(self, payload: Callable[[MoodState, datetime], str], mood: MoodState, now_s: float) -> str:
        return payload(mood, self._timestamps.local(mood.since_s, now_s))

    def _vitals(self, state: AppState) -> TopicState:
        if state.camera.status is CameraStatus.LOST and state.camera.message:
            self._last_error = clean(f"camera: {state.camera.message}", MAX_STATE_CHARS)
        elif state.player.status is PlayerStatus.UNREACHABLE and state.player.message:
            self._last_error = clean(f"player: {state.player.message}", MAX_STATE_CHARS)
        metrics = state.metrics
        payload = partial(payloads.metrics, metrics, self._last_error)
        known = (metrics.latency_s is None, metrics.fps is None, metrics.temperature_c is None)
        # In steps that are worth a message: 20 ms, 0.2 Hz, 1 degree
        drift = ((metrics.latency_s or 0) / 0.02, (metrics.fps or 0) / 0.2, metrics.temperature_c or 0)
        return TopicState(
            self._topics.vitals, payload, (self._last_error, known), drift, step=1.0, every_s=SELDOM_S
        )


def _drift(mood: MoodState) -> tuple[float, ...]:
    return (mood.confidence, *mood.scores.probabilities)


def _settings(topics: Topics, fields: Iterable[SettingField], settings: Settings) -> list[TopicState]:
    return [
        _plain(topics.state(field.key), field.format(settings))
        for field in fields
        if field.format is not None
    ]


def _doing(topic: str, payload: Callable[[T], str], now: T) -> TopicState:
    """Return the state of a part, published when it changes."""
    return TopicState(topic, partial(payload, now), now)


def _plain(topic: str, payload: str | bytes, *, repeat: bool = True, retain: bool = True) -> TopicState:
    """Return a state that is published as it is whenever it differs."""
    return TopicState(topic, lambda: payload, payload, repeat=repeat, retain=retain)


class _StableTimestamps:
    """Converts monotonic times to local ones, the same for the same time unless the clock was set."""

    _TOLERANCE = timedelta(seconds=2)

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None

    def local(self, at_s: float, now_s: float) -> datetime:
        now = datetime.now().astimezone()  # noqa: TID251 - for people; the clock may be set, then it is published again
        local = now - timedelta(seconds=now_s - at_s)
        if self._last is None or self._last[0] != at_s or abs(local - self._last[1]) > self._TOLERANCE:
            self._last = at_s, local
        return self._last[1]
