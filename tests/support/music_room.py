"""A room whose mood is happy, with music at a fake MPD in simulated time."""

from collections.abc import Callable
from random import Random

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.session_store import SessionStore
from moodpid.state import PlayerState
from moodpid.system.json_file import JsonFile
from tests.support.fake_mpd import FakeMpd

LISTS = {mood.capitalize(): [f"{mood}/{n}" for n in range(8)] for mood in (Mood.HAPPY, Mood.SAD)}


class Room:
    """A room whose mood is happy, and a reconciler that looks once a second."""

    def __init__(
        self,
        change: TransitionMode = TransitionMode.NEXT,
        *,
        autoplay: bool = True,
        skipped: Callable[[], object] = lambda: None,
        file: JsonFile | None = None,
    ) -> None:
        self._file, self._skipped = file, skipped
        self.mpd = FakeMpd(dict(LISTS), song_s=60.0)
        config = MpdConfig(
            change=change,
            autoplay=autoplay,
            playlists={Mood.HAPPY: ("Happy",), Mood.SAD: ("Sad",)},
            no_repeat_h=0.0,
        )
        self.config = config
        self.restart()

    def restart(self) -> None:
        """Begin again with what is known from the run before."""
        store = SessionStore(self._file, self.config) if self._file else None
        self.reconciler = QueueReconciler(
            self.config,
            Random(3),  # noqa: S311 - repeatable
            **self.mpd.clocks,
            skipped=self._skipped,
            store=store,
        )
        self.reconciler.on_connect(self.mpd.link)

    def look(self, mood: Mood | None = Mood.HAPPY, *changed: str) -> PlayerState:
        lists = self.config.names
        request = MusicRequest(start_path(mood, None), lists.get(mood, ())) if mood else None
        return self.reconciler.reconcile(self.mpd.link, request, set(changed))

    def wait(self, seconds: int, mood: Mood | None = Mood.HAPPY) -> PlayerState:
        for _ in range(seconds):
            self.mpd.advance(1.0)
            state = self.look(mood)
        return state
