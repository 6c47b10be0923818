"""From the present state to what stands on each topic."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from moodpid.mood.emotion import Mood
from moodpid.mood.filter import MoodState
from moodpid.mqtt import payloads
from moodpid.mqtt.controls import Control
from moodpid.mqtt.pace import Report
from moodpid.mqtt.topics import OFF, ON, ONLINE, Topics
from moodpid.state import CameraStatus, PlayerStatus, Present

LONGEST_STATE = 250  # Home Assistant takes 255 characters
SELDOM_S = 30.0  # for numbers that nobody watches by the second
NO_ERROR = "none"


class Reporter:
    """Says what stands on each topic; remembers the last error and when the mood began.

    Args:
        topics: Where things are told.
        controls: What can be set, and so has a state.
        discovery: What Home Assistant reads; empty without Home Assistant.
    """

    def __init__(self, topics: Topics, controls: Iterable[Control], discovery: str) -> None:
        self._topics = topics
        self._controls = [control for control in controls if control.state is not None]
        self._discovery = discovery
        self._beginnings = _Beginnings()
        self._last_error = NO_ERROR

    def reports(self, present: Present, now_s: float) -> Iterator[Report]:
        """All states at `now_s` (monotonic seconds), the most urgent first: too many at once must wait."""
        if self._discovery:
            yield Report(self._topics.discovery, self._discovery, "", repeat=False)
        for control in self._controls:  # somebody just touched it and waits for the answer
            text = control.state(present.settings) if control.state else ""
            yield Report(self._topics.state(control.topic), text, text)
        if present.mood is not None:
            yield from self._mood(present.mood, present, now_s)
        if present.felt is not None:
            # Not from the mood that is told: one that was asked for knows nothing about the room
            occupied = OFF if present.felt.mood is Mood.NOBODY else ON
            yield Report(self._topics.occupancy, occupied, occupied)
        for topic, text in (
            (self._topics.camera, payloads.camera(present.camera)),
            (self._topics.player, payloads.player(present.player)),
        ):
            yield Report(topic, text, text)
        yield self._vitals(present)
        if present.picture:
            picture = present.picture
            yield Report(self._topics.picture, picture, picture, repeat=False, retain=False)
        # Last, so that who waits for it finds the rest in place
        yield Report(self._topics.status, ONLINE, ONLINE)

    def _mood(self, mood: MoodState, present: Present, now_s: float) -> Iterator[Report]:
        since = self._beginnings.local(mood.since_s, now_s)
        key, drift = (mood.mood, mood.since_s), (mood.confidence, *mood.scores.probabilities)
        yield Report(self._topics.mood, payloads.mood(mood, since), (*key, mood.faces), drift)
        yield Report(self._topics.attributes, payloads.attributes(mood, since), key, drift, every_s=5.0)
        place = payloads.place(mood, asked_for=present.settings.override is not None)
        yield Report(
            self._topics.affect,
            payloads.affect(place),
            (mood.mood, place is None),
            place or (0.0, 0.0),
            every_s=5.0,
        )

    def _vitals(self, present: Present) -> Report:
        if present.camera.status is CameraStatus.LOST and present.camera.message:
            self._last_error = f"camera: {present.camera.message}"[:LONGEST_STATE]
        elif present.player.status is PlayerStatus.UNREACHABLE and present.player.message:
            self._last_error = f"player: {present.player.message}"[:LONGEST_STATE]
        vitals = present.vitals
        text = payloads.vitals(vitals, self._last_error)
        known = (vitals.latency_s is None, vitals.looks_hz is None, vitals.temperature_c is None)
        # In steps that are worth telling: 20 ms, 0.2 Hz, 1 degree
        drift = ((vitals.latency_s or 0) / 0.02, (vitals.looks_hz or 0) / 0.2, vitals.temperature_c or 0)
        return Report(self._topics.vitals, text, (self._last_error, known), drift, step=1.0, every_s=SELDOM_S)


class _Beginnings:
    """Local times for monotonic ones, the same for the same beginning unless the clock was set."""

    _TOLERANCE = timedelta(seconds=2)

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None

    def local(self, at_s: float, now_s: float) -> datetime:
        local = datetime.now().astimezone() - timedelta(seconds=now_s - at_s)
        if self._last is None or self._last[0] != at_s or abs(local - self._last[1]) > self._TOLERANCE:
            self._last = at_s, local
        return self._last[1]
