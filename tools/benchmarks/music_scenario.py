"""Two hours of music: thirty changes of mood, ten interventions of a user, three restarts of MPD.

    .venv/bin/python tools/benchmarks/music_scenario.py         at a fake MPD, in simulated time: seconds
    .venv/bin/python tools/benchmarks/music_scenario.py --real  at a real MPD, 100 times as fast: a minute

Prints the figures, as a table or with --json; the exit status is 1 if a user's song was lost or moved, or the
music started unasked.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.music_evening import (
    HAND_MADE,
    HANDS_OFF_S,
    LENGTH_S,
    SONG_S,
    THEIRS,
    Music,
    Tally,
    count,
    script,
)
from benchmarks.music_performance import perform

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest, music_request_for
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from tests.support.fake_mpd import FakeMpd

_Deed = Callable[[], object]


def simulate(change: TransitionMode, seed: int, music: Music = HAND_MADE) -> Tally:
    """Run the reconciler at a fake MPD, second by second."""
    fake_mpd = FakeMpd(music.lists | {"Theirs": THEIRS}, SONG_S, now_s=10.0)
    settings = MpdConfig(change=change, hands_off_s=HANDS_OFF_S, playlists=music.playlists)
    rng = random.Random(seed)  # noqa: S311 - repeatable songs
    reconciler = QueueReconciler(settings, rng, **fake_mpd.clocks, reader=music.reader)
    for uri in THEIRS[:12]:
        fake_mpd.add(uri)
    fake_mpd.play(0)
    reconciler.on_connect(fake_mpd.link)
    tally, request, events = Tally(fits=music.fits), None, script(seed, music.moods)
    for second in range(LENGTH_S):
        while events and events[0].at_s <= second:
            event = events.pop(0)
            count(tally, event)
            if event.kind == "mood":
                request = music_request_for(
                    start_path(Mood(event.what), None), settings.names, settings.active_targets
                )
            elif event.kind == "user":
                _user_simulated(fake_mpd, event.what)
            else:
                fake_mpd.restart()
                reconciler.on_connect(fake_mpd.link)
        _look(fake_mpd, reconciler, request, tally)
        tally.hear(fake_mpd.playing(), request.mood if request else "", 1.0)
        fake_mpd.advance(1.0)
    tally.commands = len(fake_mpd.sent)
    return tally


def _look(fake_mpd: FakeMpd, reconciler: QueueReconciler, request: MusicRequest | None, tally: Tally) -> None:
    before, state = [str(id_) for id_ in fake_mpd.user_songs()], fake_mpd.state
    reconciler.reconcile(fake_mpd.link, request)
    tally.compare(before, [str(id_) for id_ in fake_mpd.user_songs()])
    tally.started_unasked += fake_mpd.state == "play" and state != "play"


def _user_simulated(fake_mpd: FakeMpd, what: str) -> None:
    place = fake_mpd.position(fake_mpd.current) if fake_mpd.current is not None else 0
    doing: dict[str, _Deed] = {
        "add": lambda: fake_mpd.add(THEIRS[20]),
        "insert": lambda: fake_mpd.add(THEIRS[21], place + 1),
        "next": fake_mpd.next,
        "previous": fake_mpd.previous,
        "pause": fake_mpd.pause,
        "pause over": fake_mpd.play,
        "stop": fake_mpd.stop,
        "stop over": fake_mpd.play,
        "choose": lambda: fake_mpd.play(len(fake_mpd.queue) - 1),
        "load": partial(_load, fake_mpd),
        "random": lambda: setattr(fake_mpd.options, "random", True),
        "random over": lambda: setattr(fake_mpd.options, "random", False),
        "remove": lambda: fake_mpd.remove(place + 1),
    }
    doing[what]()


def _load(fake_mpd: FakeMpd) -> None:
    for uri in THEIRS[12:18]:
        fake_mpd.add(uri)


def main() -> int:
    """Run the simulated or the real scenario, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--real", action="store_true", help="at a real MPD")
    parser.add_argument(
        "--change", type=TransitionMode, default=TransitionMode.NEXT, help="next (default), now or queue"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other hours")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    tally = (perform if options.real else simulate)(options.change, options.seed)
    figures = tally.report()
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name.replace('_', ' '):<26} {figure}" for name, figure in figures.items()))
    return 0 if tally.good else 1


if __name__ == "__main__":
    sys.exit(main())
