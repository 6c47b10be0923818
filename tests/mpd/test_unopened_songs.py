"""A song of ours that a real MPD cannot open, after it has left the one before."""

import shutil
from pathlib import Path

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import starter


def test_music_that_we_cut_is_tried_again_and_no_skip(library: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(library, tmp_path / "library"))
    with PrivateMpd(copy, within=tmp_path) as mpd, starter(mpd) as start:
        (mpd.music / "sad").rename(tmp_path / "away")
        worker = start(change=TransitionMode.NOW, autoplay=False)
        worker.request(Mood.HAPPY)
        worker.worker.take_over()
        worker.until(lambda state: state.status is PlayerStatus.PLAY)
        left = mpd.mpc("current", "-f", "%file%").strip()
        worker.request(Mood.SAD)
        worker.until(lambda state: "trying again" in state.message)
        assert worker.skips == 0
        assert "skip" not in mpd.mpc("sticker", left, "list").lower()
