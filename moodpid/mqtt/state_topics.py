"""From the present state to what stands on each topic."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

from moodpid.mood.emotion import Mood
from moodpid.mood.filter import MoodState
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
    """Says what stands on each topic; remembers the last error and when the mood began.

    Most of it is the same from turn to turn, and is made again only when it differs.

    Args:
        topics: Where things are told.
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

    def topic_states(self, present: AppState, now_s: float) -> Iterator[TopicState]:
        """All states at `now_s` (monotonic seconds), the most urgent first: too many at once must wait."""
        yield from self._discovery
        yield from self._settings(present.settings)  # somebody just touched one and waits for the answer
        if present.mood is not None:
            yield from self._mood(present.mood, present, now_s)
        if present.observed_mood is not None:
            # Not from the mood that is told: one that was asked for knows nothing about the room
            yield self._occupancy(OFF if present.observed_mood.mood is Mood.NOBODY else ON)
        yield self._camera(present.camera)
        yield self._player(present.player)
        yield _doing(self._topics.song, payloads.affect, present.player.place)
        yield self._vitals(present)
        if present.picture:
            yield self._picture(present.picture)
        # Last, so that who waits for it finds the rest in place
        yield self._status

    def _mood(self, mood: MoodState, present: AppState, now_s: float) -> Iterator[TopicState]:
        key, drift = (mood.mood, mood.since_s), (mood.confidence, *mood.scores.probabilities)
        told = partial(self._since, payloads.mood, mood, now_s)
        yield TopicState(self._topics.mood, told, (*key, mood.faces), drift)
        told = partial(self._since, payloads.attributes, mood, now_s)
        yield TopicState(self._topics.attributes, told, key, drift, every_s=5.0)
        place = payloads.affect_of(mood, asked_for=present.settings.override is not None)
        told, key = partial(payloads.affect, place), (mood.mood, place is None)
        yield TopicState(self._topics.affect, told, key, place or (0.0, 0.0), every_s=5.0)

    def _since(self, payload: Callable[[MoodState, datetime], str], mood: MoodState, now_s: float) -> str:
        return payload(mood, self._timestamps.local(mood.since_s, now_s))

    def _vitals(self, present: AppState) -> TopicState:
        if present.camera.status is CameraStatus.LOST and present.camera.message:
            self._last_error = clean(f"camera: {present.camera.message}", MAX_STATE_CHARS)
        elif present.player.status is PlayerStatus.UNREACHABLE and present.player.message:
            self._last_error = clean(f"player: {present.player.message}", MAX_STATE_CHARS)
        vitals = present.metrics
        told = partial(payloads.metrics, vitals, self._last_error)
        known = (vitals.latency_s is None, vitals.fps is None, vitals.temperature_c is None)
        # In steps that are worth telling: 20 ms, 0.2 Hz, 1 degree
        drift = ((vitals.latency_s or 0) / 0.02, (vitals.fps or 0) / 0.2, vitals.temperature_c or 0)
        return TopicState(
            self._topics.vitals, told, (self._last_error, known), drift, step=1.0, every_s=SELDOM_S
        )


def _settings(topics: Topics, fields: Iterable[SettingField], settings: Settings) -> list[TopicState]:
    return [
        _plain(topics.state(field.key), field.format(settings))
        for field in fields
        if field.format is not None
    ]


def _doing(topic: str, payload: Callable[[T], str], now: T) -> TopicState:
    """What something is doing."""
    return TopicState(topic, partial(payload, now), now)


def _plain(topic: str, payload: str | bytes, *, repeat: bool = True, retain: bool = True) -> TopicState:
    """What is told as it is, whenever it differs."""
    return TopicState(topic, lambda: payload, payload, repeat=repeat, retain=retain)


class _StableTimestamps:
    """Local times for monotonic ones, the same for the same beginning unless the clock was set."""

    _TOLERANCE = timedelta(seconds=2)

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None

    def local(self, at_s: float, now_s: float) -> datetime:
        now = datetime.now().astimezone()  # noqa: TID251 - for people, and told anew when it was set
        local = now - timedelta(seconds=now_s - at_s)
        if self._last is None or self._last[0] != at_s or abs(local - self._last[1]) > self._TOLERANCE:
            self._last = at_s, local
        return self._last[1]
