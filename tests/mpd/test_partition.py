"""A partition of a real MPD, whose outputs may come at any time, and which MPD forgets when it ends."""

from pathlib import Path

from moodpid.mood.emotion import Mood
from moodpid.state import PlayerStatus
from moodpid.system.json_file import JsonFile
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, connected, until


def test_an_output_moved_in_later_is_there_after_a_restart(
    mpd: PrivateMpd, start: Start, tmp_path: Path
) -> None:
    file = tmp_path / "player.json"
    with connected(mpd) as client:
        client.newpartition("bath")
        harness = start(file=JsonFile(file), partition="bath")
        harness.request(Mood.HAPPY)
        harness.until(lambda state: state.mood is Mood.HAPPY)
        client.partition("bath")
        client.moveoutput("null")
    until(lambda: '"null"' in file.read_text(), limit_s=10.0)
    mpd.stop()
    harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    mpd.start()
    harness.until(lambda state: state.status is PlayerStatus.STOP)
    with connected(mpd) as client:
        client.partition("bath")
        assert [(one["outputname"], one["outputenabled"]) for one in client.outputs()] == [("null", "1")]
