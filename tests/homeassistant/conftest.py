"""A real Home Assistant, a real broker, a real MPD and the whole program, once for each release to test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.library import generate

from moodpid.mood.emotion import Emotion
from tests.support.daemon import film
from tests.support.home import TestHome, settled
from tests.support.homeassistant import Home
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMosquitto, PrivateMpd

FOLDERS: list[Path | None] = [
    Path(folder) for folder in os.environ.get("MOODPID_HOMEASSISTANT", "").split(":") if folder
]
CONFIG = """
[device]
id = "living-room"
name = "Living room"
[camera]
source = "recording"
path = "{film}"
loop = true
fps = 8
[mood]
smoothing_s = 0.3
dwell_s = 0
somebody_after_s = 0.4
nobody_after_s = 0.6
[player]
host = "127.0.0.1"
port = {mpd}
change = "now"
autoplay = true
[player.playlists]
happy = ["Happy"]
sad = ["Sad"]
[mqtt]
picture = true
host = "127.0.0.1"
port = {mqtt}
"""


@pytest.fixture(
    scope="module", params=FOLDERS or [None], ids=lambda folder: folder.name if folder else "none"
)
def home_setup(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestHome]:
    """One house at rest for all the tests of a module; each leaves it as it found it."""
    folder: Path | None = request.param
    if folder is None:
        pytest.skip("set MOODPID_HOMEASSISTANT to folders made by tools/homeassistant/install")
    place = tmp_path_factory.mktemp("house")
    (place / "state").mkdir()
    library = generate(tmp_path_factory.mktemp("library"), seconds=20.0)
    with (
        pytest.MonkeyPatch.context() as environment,
        PrivateMosquitto() as mosquitto,
        PrivateMpd(library) as mpd,
        Home(folder, mosquitto.port) as home,
    ):
        environment.setenv("STATE_DIRECTORY", str(place / "state"))
        config = place / "moodpid.toml"
        shown = film(place / "film", (Emotion.HAPPY, 2))
        config.write_text(CONFIG.format(film=shown, mpd=mpd.port, mqtt=mosquitto.port), encoding="utf-8")
        home_setup = TestHome(home, mosquitto, mpd, Moodpid(config), config)
        try:
            settled(home_setup)
            yield home_setup
        finally:
            home_setup.moodpid.kill()
