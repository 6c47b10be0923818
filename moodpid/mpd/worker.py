"""The thread that owns the connection to MPD: it carries out the latest wish and tells what plays."""

import logging
import math
import threading
import time
from dataclasses import dataclass, replace
from random import Random

from moodpid.channels import LatestValue
from moodpid.config import MpdConfig, Strategy
from moodpid.errors import MoodpidError
from moodpid.mood.policy import MusicRequest
from moodpid.mpd.connection import (
    OPTIONAL_COMMANDS,
    CommandRefusedError,
    MpdConnection,
    MpdDeniedError,
    MpdGoneError,
    format_address,
)
from moodpid.mpd.connection_health import MAX_DELAY_S, ConnectionHealth
from moodpid.mpd.reconciler import QueueReconciler
from moodpid.mpd.session_store import SessionStore
from moodpid.requests import PlayerChanged, Post, TrackSkipped
from moodpid.state import PlayerState, PlayerStatus
from moodpid.system.json_file import JsonFile
from moodpid.text import clean

log = logging.getLogger(__name__)

CHECK_S = 3600.0  # a connection is proven alive this often though nothing happens
REPOST_S = 1.0  # the inbox was full
_SUBSYSTEMS = ("player", "playlist", "options", "stored_playlist", "database", "subscription")


@dataclass(frozen=True, slots=True)
class _Desired:
    """All that the main loop wants, so that the latest letter says everything."""

    strategy: Strategy
    request: MusicRequest | None = None
    enabled: bool = True
    skips: int = 0
    rejections: int = 0
    stop: bool = False


class MpdWorker:
    """Keeps MPD playing what is wished, as a guest; see `docs/music.md`.

    All methods are for one thread, the main loop's; the news come through `post` from the worker's own.

    Args:
        settings: Where MPD is and how to behave.
        post: Takes `PlayerChanged` on every change, False from it means: again later; and `TrackSkipped`.
        password: Of MPD, empty if it has none.
        rng: Chooses songs and jitters pauses.
        file: Keeps what is ours over a restart of ours; None: it is forgotten.
    """

    def __init__(
        self,
        settings: MpdConfig,
        post: Post,
        password: str = "",
        rng: Random | None = None,
        file: JsonFile | None = None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._password = password
        self._random = rng or Random()  # noqa: S311 - songs, not secrets
        self._latest_desired = _Desired(
            settings.strategy, enabled=settings.enabled
        )  # of the main loop's side
        self._desired_box: LatestValue[_Desired] = LatestValue()
        self._thread = threading.Thread(target=self._run, name="mpd", daemon=True)
        self._ended = False
        # From here on all is the worker's own
        self._desired = self._latest_desired
        store = SessionStore(file or JsonFile(None), settings)
        self._reconciler = QueueReconciler(
            settings,
            self._random,
            sleep=self._interruptible_sleep,
            skipped=lambda: post(TrackSkipped()),
            store=store,
        )
        self._reported: PlayerState | None = None
        self._state = PlayerState(PlayerStatus.UNREACHABLE)
        self._failure_state = self._state
        self._health = ConnectionHealth(self._random)
        self._missing_commands: set[str] = set()

    def start(self) -> None:
        """Begin to work, in a thread of its own."""
        self._thread.start()

    def request(self, request: MusicRequest) -> None:
        """Ask for the music of `wish`, in place of any earlier wish."""
        self._set_desired(replace(self._latest_desired, request=request))

    def set_enabled(self, on: bool) -> None:
        """Drive the music, or leave MPD alone altogether; the wish is kept."""
        self._set_desired(replace(self._latest_desired, enabled=on))

    def set_strategy(self, strategy: Strategy) -> None:
        """Match the mood, or lift it, from the next song on."""
        self._set_desired(replace(self._latest_desired, strategy=strategy))

    def skip(self) -> None:
        """Go on to the next song, if one plays; forgotten while MPD is not there."""
        self._set_desired(replace(self._latest_desired, skips=self._latest_desired.skips + 1))

    def reject_song(self) -> None:
        """Remember that the song that plays does not fit, and go on; forgotten while MPD is not there."""
        self._set_desired(replace(self._latest_desired, rejections=self._latest_desired.rejections + 1))

    def stop(self) -> None:
        """Ask the thread to end, leaving the player as it is; returns at once."""
        self._set_desired(replace(self._latest_desired, stop=True))

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if it has not after `timeout_s` seconds."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        if not self._ended:
            self._ended = True
            self._desired_box.close()
        return True

    def _set_desired(self, orders: _Desired) -> None:
        self._latest_desired = orders
        if not self._ended:
            self._desired_box.put(orders)

    def _run(self) -> None:
        while not self._desired.stop:
            if not self._desired.enabled:
                self._report(PlayerState(PlayerStatus.DISABLED))
                self._wait(math.inf)
                continue
            try:
                with MpdConnection(self._settings, self._password) as link:
                    self._on_connected(link)
                    self._serve(link)
                continue
            except (MpdGoneError, MpdDeniedError, CommandRefusedError) as error:
                self._on_failure(error)
                self._wait(self._health.pause_s())
            except Exception as error:  # noqa: BLE001 - a fault of ours costs the music a pause, the house nothing
                self._on_failure(
                    MoodpidError(f"the player's thread met a fault of its own: {error!r}"), error
                )
                self._wait(MAX_DELAY_S)

    def _serve(self, link: MpdConnection) -> None:
        """Work until the connection breaks or the orders forbid it."""
        self._reconciler.on_connect(link)
        changed: set[str] = set()
        before = self._desired
        while True:
            self._read_desired()
            if self._leaving:
                self._reconciler.on_disconnect(link)
                return
            self._apply_buttons(link, before)
            before = self._desired
            self._report(self._reconciler.reconcile(link, before.request, before.strategy, changed))
            # What `_pass` read in the midst of the turn is no longer in the box, and would wake nobody
            read = self._desired is not before
            changed = set() if read else link.wait(_SUBSYSTEMS, self._desired_box, self._max_wait_s())
            if self._health.confirm_stable(time.monotonic()):
                self._log_connected(link)

    def _apply_buttons(self, link: MpdConnection, before: _Desired) -> None:
        """Carry out once what was pressed since `before`, however often."""
        if self._desired.rejections != before.rejections:
            self._reconciler.reject_song(link)
        elif self._desired.skips != before.skips:
            self._reconciler.skip(link)

    def _max_wait_s(self) -> float:
        """How long nothing needs doing though nothing happens."""
        due_s = min(CHECK_S, min(self._reconciler.until_s, self._health.stable_at_s) - time.monotonic())
        return due_s if self._reported == self._state else min(due_s, REPOST_S)

    def _interruptible_sleep(self, seconds: float) -> bool:
        """Wait, in the midst of a turn; whether it is to end because we must leave the player."""
        deadline = time.monotonic() + seconds
        while not self._leaving and (left_s := deadline - time.monotonic()) > 0:
            self._read_desired(left_s)
        return self._leaving

    @property
    def _leaving(self) -> bool:
        return self._desired.stop or not self._desired.enabled

    def _wait(self, timeout_s: float) -> None:
        """Wait, but not through a stop or a switch; a new wish is read and makes nothing sooner."""
        deadline = time.monotonic() + timeout_s
        before = self._desired
        while (self._desired.stop, self._desired.enabled) == (before.stop, before.enabled):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return
            untold = self._reported != self._state
            limit_s = min(left_s, REPOST_S if untold else math.inf)
            self._read_desired(None if limit_s == math.inf else limit_s)
            self._report(self._state)

    def _read_desired(self, timeout_s: float | None = 0.0) -> None:
        self._desired = self._desired_box.take(timeout_s) or self._desired

    def _report(self, state: PlayerState) -> None:
        """Post `state` if it is new; a full inbox gets it later."""
        self._state = state
        if state != self._reported and self._post(PlayerChanged(state)):
            self._reported = state

    def _on_connected(self, link: MpdConnection) -> None:
        if self._health.on_connected(time.monotonic()):
            self._log_connected(link)
        missing = OPTIONAL_COMMANDS.keys() - link.commands
        for command in sorted(missing - self._missing_commands):
            log.info("MPD does not let us use %s, with which %s", command, OPTIONAL_COMMANDS[command])
        self._missing_commands = missing

    def _log_connected(self, link: MpdConnection) -> None:
        log.info("MPD at %s is there (protocol %s)", format_address(self._settings), link.version)

    def _on_failure(self, error: MoodpidError, fault: Exception | None = None) -> None:
        """One line for each kind of trouble, however often it is met again."""
        if self._health.on_lost(type(error).__name__, time.monotonic()):
            how = "trying again until it works"
            if self._health.flapping:
                how = "again soon after it let us in; trying on until it lasts"
            log.warning("%s; %s", error, how, exc_info=fault)
            self._failure_state = PlayerState(PlayerStatus.UNREACHABLE, message=clean(error))
        self._report(self._failure_state)
