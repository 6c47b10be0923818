"""Takes the pictures of docs/home-assistant.md from a real Home Assistant in a headless Chromium.

    .venv/bin/python tools/homeassistant/screenshots.py FOLDER

FOLDER is what `tools/homeassistant/install` was given. Needs chromium (Debian's), node, and playwright-core
where node finds it (NODE_PATH).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from demo.library import generate
from homeassistant.blocks import blocks

from tests.support.homeassistant import Home
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMosquitto, PrivateMpd

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "home-assistant.md"
CONFIG = """
[device]
id = "living-room"
name = "Living room"
[camera]
source = "recording"
loop = true
[player]
host = "127.0.0.1"
port = {mpd}
autoplay = true
[player.playlists]
happy = ["Happy"]
sad = ["Sad"]
neutral = ["Neutral"]
[mqtt]
host = "127.0.0.1"
port = {mqtt}
"""
LIVE_S = 60.0  # so that the history has something to show


def main() -> None:
    """Set everything up, run it for a while, and take the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    install = parser.parse_args().folder
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateMosquitto() as mosquitto,
        PrivateMpd(generate(Path(folder), seconds=20.0)) as mpd,
        Home(install, mosquitto.port, card="\n".join(blocks(PAGE, "card"))) as home,
    ):
        config = Path(folder) / "moodpid.toml"
        config.write_text(CONFIG.format(mpd=mpd.port, mqtt=mosquitto.port), encoding="utf-8")
        with Moodpid(config):
            time.sleep(LIVE_S)
            happy = lambda: home.state("sensor.living_room_mood") == "happy"  # noqa: E731 - used once
            home.wait_for("the mood is happy", happy, 120)
            take(home)


def take(home: Home) -> None:
    """Let the browser take the pictures."""
    device = home.template("{{ device_id('sensor.living_room_mood') }}")
    hour_ms = int((time.time() + home.tokens["expires_in"]) * 1000)
    tokens = {**home.tokens, "hassUrl": home.url, "clientId": f"{home.url}/", "expires": hour_ms}
    script = [str(HERE / "screenshots.cjs"), home.url, json.dumps(tokens), device]
    subprocess.run(["node", *script, str(PAGE.with_suffix(""))], check=True, timeout=180)


if __name__ == "__main__":
    main()
