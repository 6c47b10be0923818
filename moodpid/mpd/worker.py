"""The thread that owns the connection to MPD: it carries out the latest request and reports what plays."""

import logging
import math
import threading
import time
from dataclasses import dataclass, replace
from random import Random

from moodpid.channels import LatestValue
from moodpid.config import MpdConfig
from moodpid.errors import MoodpidError
from moodpid.library.reader import LibraryReader
from moodpid.mood.policy import MusicRequest
from moodpid.mpd import partition
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.protocol import OPTIONAL_COMMANDS, CommandRefusedError, MpdDeniedError, MpdGoneError
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.reconnect_delay import MAX_DELAY_S, ReconnectDelay
from moodpid.mpd.session import format_address
from moodpid.mpd.session_store import SessionStore
from moodpid.requests import PlayerChanged, Post, TrackSkipped
from moodpid.state import PlayerState, PlayerStatus
from moodpid.system.json_file import JsonFile
from moodpid.text import clean

log = logging.getLogger(__name__)

CHECK_S = 3600.0  # MPD is looked at this often though nothing happens
REPOST_S = 1.0  # the request queue was full
_SUBSYSTEMS = (
    *("player", "playlist", "options", "stored_playlist", "database"),
    *("subscription", "message"),
)


@dataclass(frozen=True, slots=True)
class _Desired:
    """All that the main loop wants, so that the latest value is complete."""

    request: MusicRequest | None = None
    enabled: bool = True
    skips: int = 0
    rejections: int = 0
    take_overs: int = 0
    likes: int = 0
    stop: bool = False


class MpdWorker:
    """Keeps MPD playing what the mood asks for, with manners; see `docs/music.md`.

    All methods are for one thread, the main loop's; news come through `post` from the worker's own.

    Args:
        settings: Where MPD is and how to behave.
        post: Takes `PlayerChanged` on every change, to be repeated later if it returns False; `TrackSkipped`.
        password: Of MPD, empty if it has none.
        rng: Chooses songs and jitters pauses.
        file: Keeps what is ours over a restart of ours; None: nothing is kept.
        reader: Of the database about songs; None: nothing was analysed.
    """

    def __init__(  # noqa: PLR0913 - the last ones are seldom given
        self,
        settings: MpdConfig,
        post: Post,
        *,
        password: str = "",
        rng: Random | None = None,
        file: JsonFile | None = None,
        reader: LibraryReader | None = None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._password = password
        self._random = rng or Random()  # noqa: S311 - songs, not secrets
        self._latest_desired = _Desired(enabled=settings.enabled)  # of the main loop's side
        self._desired_box: LatestValue[_Desired] = LatestValue()
        self._leave = threading.Event()  # set: the player is to be left, even in the midst of a fade
        self._thread = threading.Thread(target=self._run, name="mpd", daemon=True)
        self._ended = False
        # From here on all is the worker's own
        self._reader = reader
        self._desired = self._latest_desired
        store = SessionStore(file or JsonFile(None), settings)
        self._reconciler = QueueReconciler(
            settings,
            self._random,
            sleep=self._leave.wait,
            skipped=lambda: post(TrackSkipped()),
            store=store,
            reader=reader,
        )
        self._reported: PlayerState | None = None
        self._state = PlayerState(PlayerStatus.UNREACHABLE)
        self._failure_state = self._state
        self._reconnect_delay = ReconnectDelay(self._random)
        self._missing_commands: set[str] = set()
        self._subsystems = (*_SUBSYSTEMS, *(partition.SUBSYSTEMS if settings.partition else ()))

    def start(self) -> None:
        """Start to work, in a thread of its own."""
        self._thread.start()

    def request(self, request: MusicRequest) -> None:
        """Ask for the music of `request`, in place of any earlier request."""
        self._set_desired(replace(self._latest_desired, request=request))

    def set_enabled(self, on: bool) -> None:
        """Drive the music, or leave MPD alone altogether; the request is kept."""
        if on:
            self._leave.clear()
        self._set_desired(replace(self._latest_desired, enabled=on))
        if not on:
            self._leave.set()

    def skip(self) -> None:
        """Go on to the next song, if one plays; forgotten while MPD is not there."""
        self._set_desired(replace(self._latest_desired, skips=self._latest_desired.skips + 1))

    def reject_song(self) -> None:
        """Remember that the song that plays does not fit, and go on; forgotten while MPD is not there."""
        self._set_desired(replace(self._latest_desired, rejections=self._latest_desired.rejections + 1))

    def like(self) -> None:
        """Play songs that sound like the one that plays, until the mood changes; forgotten without MPD."""
        self._set_desired(replace(self._latest_desired, likes=self._latest_desired.likes + 1))

    def take_over(self) -> None:
        """End any hands off and start the mood's music if nothing plays; forgotten while MPD is not there."""
        self._set_desired(replace(self._latest_desired, take_overs=self._latest_desired.take_overs + 1))

    def stop(self) -> None:
        """Ask the thread to end, leaving the player as it is; returns at once."""
        self._set_desired(replace(self._latest_desired, stop=True))
        self._leave.set()  # after the request: what is interrupted finds it

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if it has not after `timeout_s` seconds."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        if not self._ended:
            self._ended = True
            self._desired_box.close()
        return True

    def _set_desired(self, desired: _Desired) -> None:
        self._latest_desired = desired
        if not self._ended:
            self._desired_box.put(desired)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            if self._reader:
                self._reader.close()  # in the thread that opened it

    def _work(self) -> None:
        while not self._desired.stop:
            if not self._desired.enabled:
                self._report(PlayerState(PlayerStatus.DISABLED))
                self._wait(math.inf)
                continue
            try:
                outputs = self._reconciler.partition.outputs
                with MpdConnection(self._settings, self._password, outputs) as link:
                    self._on_connected(link)
                    self._serve(link)
                continue
            except (MpdGoneError, MpdDeniedError, CommandRefusedError) as error:
                self._on_failure(error)
                self._wait(self._reconnect_delay.pause_s())
            except Exception as error:  # noqa: BLE001 - a bug costs the music a pause, and nothing else
                self._on_failure(MoodpidError(f"a bug in moodpid's MPD thread: {error!r}"), error)
                self._wait(MAX_DELAY_S)

    def _serve(self, link: MpdConnection) -> None:
        """Work until the connection breaks or the player is to be left."""
        self._reconciler.on_connect(link)
        changed: set[str] = set()
        while True:
            before = self._desired
            self._read_desired()
            if self._desired.stop or not self._desired.enabled:
                self._reconciler.on_disconnect(link)
                return
            self._apply_buttons(link, before)
            state = self._reconciler.reconcile(link, self._desired.request, changed)
            self._report(state)
            changed = link.wait(self._subsystems, self._desired_box, self._max_wait_s())
            if self._reconnect_delay.confirm_stable(time.monotonic()):
                self._log_connected(link)

    def _apply_buttons(self, link: MpdConnection, before: _Desired) -> None:
        """Carry out once what was pressed since `before`, however often."""
        if self._desired.take_overs != before.take_overs:
            self._reconciler.take_over()
        if self._desired.likes != before.likes:
            self._reconciler.like(link)
        if self._desired.rejections != before.rejections:
            self._reconciler.reject_song(link)
        elif self._desired.skips != before.skips:
            self._reconciler.skip(link)

    def _max_wait_s(self) -> float:
        """Return how long nothing needs doing though nothing happens, in seconds."""
        due_s = min(
            CHECK_S, min(self._reconciler.until_s, self._reconnect_delay.stable_at_s) - time.monotonic()
        )
        return due_s if self._reported == self._state else min(due_s, REPOST_S)

    def _wait(self, timeout_s: float) -> None:
        """Wait, but not through a stop or a switch; a new request is read and makes nothing sooner."""
        deadline = time.monotonic() + timeout_s
        before = self._desired
        while (self._desired.stop, self._desired.enabled) == (before.stop, before.enabled):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return
            limit_s = min(left_s, REPOST_S if self._reported != self._state else math.inf)
            self._read_desired(None if limit_s == math.inf else limit_s)
            self._report(self._state)

    def _read_desired(self, timeout_s: float | None = 0.0) -> None:
        self._desired = self._desired_box.take(timeout_s) or self._desired

    def _report(self, state: PlayerState) -> None:
        """Post `state` if it is new; a full queue gets it later."""
        self._state = state
        if state != self._reported and self._post(PlayerChanged(state)):
            self._reported = state

    def _on_connected(self, link: MpdConnection) -> None:
        if self._reconnect_delay.on_connected(time.monotonic()):
            self._log_connected(link)
        missing = OPTIONAL_COMMANDS.keys() - link.commands
        for command in sorted(missing - self._missing_commands):
            log.info("MPD does not allow %s: %s", command, OPTIONAL_COMMANDS[command])
        self._missing_commands = missing

    def _log_connected(self, link: MpdConnection) -> None:
        log.info("connected to MPD at %s (protocol %s)", format_address(self._settings), link.version)

    def _on_failure(self, error: MoodpidError, fault: Exception | None = None) -> None:
        """Log one line for each kind of trouble, however often it is met again."""
        if self._reconnect_delay.on_lost(type(error).__name__, time.monotonic()):
            how = "retrying with back-off"
            if self._reconnect_delay.flapping:
                how = "the connection keeps dropping; retrying with back-off"
            log.warning("%s; %s", error, how, exc_info=fault)
            self._failure_state = PlayerState(PlayerStatus.UNREACHABLE, message=clean(error))
        self._report(self._failure_state)
