"""The main loop with everything around it, in simulated time."""

from dataclasses import dataclass, field
from threading import Event

import pytest

from moodpid.channels import RequestQueue
from moodpid.daemon import Daemon
from moodpid.errors import RecordingEnded
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import Observation
from moodpid.mood.policy import Policy
from moodpid.requests import Request
from moodpid.state import Settings
from moodpid.system.sd_notify import ServiceManager
from tests.support.fakes import Clock, FakePlayer, FakePublisher, ScriptedSource, look

PLAYLISTS = {Mood.HAPPY: ("Happy",), Mood.SAD: ("Sad",)}


@dataclass
class DaemonHarness:
    """A daemon with everything around it."""

    requests: RequestQueue[Request]
    player: FakePlayer = field(default_factory=FakePlayer)
    home: FakePublisher = field(default_factory=FakePublisher)
    notes: list[str] = field(default_factory=list)
    stop: Event = field(default_factory=Event)
    source: ScriptedSource = field(default_factory=lambda: ScriptedSource([]))

    kept: Settings | None = None
    keeps: list[Settings] = field(default_factory=list)
    disk_full: int = 0  # so many times nothing can be kept

    def keep(self, settings: Settings) -> bool:
        self.keeps.append(settings)
        return len(self.keeps) > self.disk_full

    def daemon(self, *looks: Observation | None) -> Daemon:
        self.eye = ScriptedSource(looks)
        return Daemon(
            self.eye,
            MoodFilter(FilterSettings()),
            Policy(PLAYLISTS, {Mood.SAD: Mood.HAPPY}),
            self.player,
            (self.home,),
            self.requests,
            ServiceManager(self.notes.append, watchdog_usec="30000000"),
            self.stop,
            restored_settings=self.kept,
            save_settings=self.keep,
            clock=Clock(),
        )

    def run(self, *looks: Observation | None) -> None:
        with pytest.raises(RecordingEnded):
            self.daemon(*looks).run()


def seconds(n: float, *emotions: Emotion, start_s: float = 0.0) -> list[Observation]:
    return [look(start_s + i / 4, *emotions) for i in range(round(n * 4))]
