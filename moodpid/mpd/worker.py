"""The thread that owns the connection to MPD: it carries out the latest wish and tells what plays."""

import logging
import math
import threading
import time
from dataclasses import dataclass, replace
from random import Random

from moodpid.channels import LatestValue
from moodpid.config import Player, Strategy
from moodpid.errors import MoodpidError
from moodpid.mood.policy import Wish
from moodpid.mpd.connection import WANTED, CommandRefusedError, Link, MpdDeniedError, MpdGoneError, place
from moodpid.mpd.connection_health import LONGEST_PAUSE_S, Weather
from moodpid.mpd.reconciler import Guest
from moodpid.mpd.session_store import Keeper
from moodpid.state import PlayerChanged, PlayerState, PlayerStatus, Post, TrackSkipped
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)

CHECK_S = 3600.0  # a connection is proven alive this often though nothing happens
REPOST_S = 1.0  # the inbox was full
_SUBSYSTEMS = ("player", "playlist", "options", "stored_playlist", "database", "subscription")


@dataclass(frozen=True, slots=True)
class _Orders:
    """All that the main loop wants, so that the latest letter says everything."""

    strategy: Strategy
    wish: Wish | None = None
    enabled: bool = True
    skips: int = 0
    misfits: int = 0
    stop: bool = False


class MpdWorker:
    """Keeps MPD playing what is wished, as a guest; see `docs/music.md`.

    All methods are for one thread, the main loop's; the news come through `post` from the worker's own.

    Args:
        settings: Where MPD is and how to behave.
        post: Takes `PlayerChanged` on every change, False from it means: again later; and `TrackSkipped`.
        password: Of MPD, empty if it has none.
        chance: Chooses songs and jitters pauses.
        file: Keeps what is ours over a restart of ours; None: it is forgotten.
    """

    def __init__(
        self,
        settings: Player,
        post: Post,
        password: str = "",
        chance: Random | None = None,
        file: JsonFile | None = None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._password = password
        self._chance = chance or Random()  # noqa: S311 - songs, not secrets
        self._orders = _Orders(settings.strategy, enabled=settings.enabled)  # of the main loop's side
        self._box: LatestValue[_Orders] = LatestValue()
        self._thread = threading.Thread(target=self._run, name="mpd", daemon=True)
        self._ended = False
        # From here on all is the worker's own
        self._now = self._orders
        keeper = Keeper(file or JsonFile(None), settings)
        self._guest = Guest(
            settings, self._chance, sleep=self._pass, skipped=lambda: post(TrackSkipped()), keeper=keeper
        )
        self._told: PlayerState | None = None
        self._state = PlayerState(PlayerStatus.UNREACHABLE)
        self._sick = self._state
        self._weather = Weather(self._chance)
        self._missed: set[str] = set()

    def start(self) -> None:
        """Begin to work, in a thread of its own."""
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Ask for the music of `wish`, in place of any earlier wish."""
        self._order(replace(self._orders, wish=wish))

    def enable(self, on: bool) -> None:
        """Drive the music, or leave MPD alone altogether; the wish is kept."""
        self._order(replace(self._orders, enabled=on))

    def strategy(self, strategy: Strategy) -> None:
        """Match the mood, or lift it, from the next song on."""
        self._order(replace(self._orders, strategy=strategy))

    def skip(self) -> None:
        """Go on to the next song, if one plays; forgotten while MPD is not there."""
        self._order(replace(self._orders, skips=self._orders.skips + 1))

    def misfit(self) -> None:
        """Remember that the song that plays does not fit, and go on; forgotten while MPD is not there."""
        self._order(replace(self._orders, misfits=self._orders.misfits + 1))

    def stop(self) -> None:
        """Ask the thread to end, leaving the player as it is; returns at once."""
        self._order(replace(self._orders, stop=True))

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if it has not after `timeout_s` seconds."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        if not self._ended:
            self._ended = True
            self._box.close()
        return True

    def _order(self, orders: _Orders) -> None:
        self._orders = orders
        if not self._ended:
            self._box.put(orders)

    def _run(self) -> None:
        while not self._now.stop:
            if not self._now.enabled:
                self._tell(PlayerState(PlayerStatus.DISABLED))
                self._rest(math.inf)
                continue
            try:
                with Link(self._settings, self._password) as link:
                    self._well(link)
                    self._serve(link)
                continue
            except (MpdGoneError, MpdDeniedError, CommandRefusedError) as error:
                self._ill(error)
                self._rest(self._weather.pause_s())
            except Exception as error:  # noqa: BLE001 - a fault of ours costs the music a pause, the house nothing
                self._ill(MoodpidError(f"the player's thread met a fault of its own: {error!r}"), error)
                self._rest(LONGEST_PAUSE_S)

    def _serve(self, link: Link) -> None:
        """Work until the connection breaks or the orders forbid it."""
        self._guest.arrive(link)
        changed: set[str] = set()
        before = self._now
        while True:
            self._read_orders()
            if self._leaving:
                self._guest.leave(link)
                return
            self._press(link, before)
            before = self._now
            self._tell(self._guest.turn(link, before.wish, before.strategy, changed))
            # What `_pass` read in the midst of the turn is no longer in the box, and would wake nobody
            read = self._now is not before
            changed = set() if read else link.wait(_SUBSYSTEMS, self._box, self._patience_s())
            if self._weather.settled(time.monotonic()):
                self._tell_well(link)

    def _press(self, link: Link, before: _Orders) -> None:
        """Carry out once what was pressed since `before`, however often."""
        if self._now.misfits != before.misfits:
            self._guest.misfit(link)
        elif self._now.skips != before.skips:
            self._guest.skip(link)

    def _patience_s(self) -> float:
        """How long nothing needs doing though nothing happens."""
        due_s = min(CHECK_S, min(self._guest.until_s, self._weather.settles_s) - time.monotonic())
        return due_s if self._told == self._state else min(due_s, REPOST_S)

    def _pass(self, seconds: float) -> bool:
        """Wait, in the midst of a turn; whether it is to end because we must leave the player."""
        deadline = time.monotonic() + seconds
        while not self._leaving and (left_s := deadline - time.monotonic()) > 0:
            self._read_orders(left_s)
        return self._leaving

    @property
    def _leaving(self) -> bool:
        return self._now.stop or not self._now.enabled

    def _rest(self, timeout_s: float) -> None:
        """Wait, but not through a stop or a switch; a new wish is read and makes nothing sooner."""
        deadline = time.monotonic() + timeout_s
        before = self._now
        while (self._now.stop, self._now.enabled) == (before.stop, before.enabled):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return
            untold = self._told != self._state
            limit_s = min(left_s, REPOST_S if untold else math.inf)
            self._read_orders(None if limit_s == math.inf else limit_s)
            self._tell(self._state)

    def _read_orders(self, timeout_s: float | None = 0.0) -> None:
        self._now = self._box.take(timeout_s) or self._now

    def _tell(self, state: PlayerState) -> None:
        """Post `state` if it is new; a full inbox gets it later."""
        self._state = state
        if state != self._told and self._post(PlayerChanged(state)):
            self._told = state

    def _well(self, link: Link) -> None:
        if self._weather.came(time.monotonic()):
            self._tell_well(link)
        missing = WANTED.keys() - link.commands
        for command in sorted(missing - self._missed):
            log.info("MPD does not let us use %s, with which %s", command, WANTED[command])
        self._missed = missing

    def _tell_well(self, link: Link) -> None:
        log.info("MPD at %s is there (protocol %s)", place(self._settings), link.version)

    def _ill(self, error: MoodpidError, fault: Exception | None = None) -> None:
        """One line for each kind of trouble, however often it is met again."""
        if self._weather.went(type(error).__name__, time.monotonic()):
            how = "trying again until it works"
            if self._weather.changeable:
                how = "again soon after it let us in; trying on until it lasts"
            log.warning("%s; %s", error, how, exc_info=fault)
            self._sick = PlayerState(PlayerStatus.UNREACHABLE, message=str(error))
        self._tell(self._sick)
