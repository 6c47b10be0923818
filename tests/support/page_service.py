"""A real service with the bundled recording, its page and an MPD, for browsers to look at."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import Moodpid
from tests.support.servers import PrivateMpd, free_port

_READY_S = 30.0
_CONFIG = """
[device]
name = "{name}"
[camera]
source = "recording"
loop = true
[mood]
smoothing_s = {smoothing_s}
dwell_s = {dwell_s}
somebody_after_s = 0.5
nobody_after_s = 1.0
[player]
host = "127.0.0.1"
port = {mpd}
change = "now"
autoplay = true
[player.playlists]
{playlists}
[mqtt]
enabled = false
[web]
enabled = true
port = {web}
picture = true
"""


@contextmanager
def page_service(  # noqa: PLR0913 - most have a default
    mpd: PrivateMpd,
    folder: Path,
    playlists: Mapping[str, Sequence[str]],
    *,
    name: str = "moodpid",
    smoothing_s: float = 0.4,
    dwell_s: float = 1.0,
) -> Iterator[str]:
    """Run a service; yield the address of its page once that is served.

    Args:
        mpd: Plays.
        folder: For the configuration.
        playlists: The lists of each mood.
        name: Of the device.
        smoothing_s, dwell_s: Of the mood.
    """
    port = free_port()
    lists = "\n".join(f"{mood} = {list(names)}" for mood, names in playlists.items())
    config = folder / "moodpid.toml"
    config.write_text(
        _CONFIG.format(
            name=name, smoothing_s=smoothing_s, dwell_s=dwell_s, mpd=mpd.port, web=port, playlists=lists
        ),
        encoding="utf-8",
    )
    with Moodpid(config) as moodpid:
        until_s = time.monotonic() + _READY_S
        while "the page is at" not in moodpid.log:
            assert time.monotonic() < until_s, moodpid.log
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
