"""Takes the pictures of docs/web.md: the real page of a real service, in Debian's Chromium.

    .venv/bin/python tools/page/screenshots.py [FOLDER]

The service watches the bundled recording, whose faces are averages. FOLDER is docs/web without an argument.
Needs chromium, MPD, and the Debian package fonts-inter for the page's first choice of letters.
"""

import argparse
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from demo.library import generate
from playwright.sync_api import Browser, Page, sync_playwright

from moodpid.vision.opencv import cv2
from tests.support.browser import ARGUMENTS
from tests.support.processes import Moodpid
from tests.support.servers import PrivateMpd

ROOT = Path(__file__).parents[2]
CONFIG = """
[device]
name = "Living room"
[camera]
source = "recording"
loop = true
[mood]
smoothing_s = 0.8
dwell_s = 3.0
somebody_after_s = 1.0
nobody_after_s = 2.0
[player]
host = "127.0.0.1"
port = {mpd}
change = "now"
autoplay = true
[player.playlists]
angry = ["Angry"]
disgust = ["Disgust"]
fear = ["Fear"]
happy = ["Happy"]
sad = ["Sad"]
surprise = ["Surprise"]
neutral = ["Neutral"]
nobody = ["Nobody"]
[mqtt]
enabled = false
[web]
enabled = true
port = {web}
picture = true
"""
LIVE_S = 75.0  # a round of the recording, so that the day has something to show
DESKTOP, PHONE = (1280, 800), (390, 780)
# Name, view, size, scheme, and the mood to wait for
SHOTS = (
    ("now", "now", DESKTOP, "light", "Happy"),
    ("now-phone", "now", PHONE, "dark", "Surprised"),
    ("aim", "aim", DESKTOP, "light", ""),
    ("aim-phone", "aim", PHONE, "dark", ""),
    ("today", "today", DESKTOP, "dark", ""),
    ("music-phone", "music", PHONE, "light", ""),
    ("settings-phone", "settings", PHONE, "light", ""),
)
QUALITY = 72  # of WebP, from 0 to 100


def main() -> None:
    """Set everything up, let it live for a round, and take the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "web", metavar="FOLDER")
    out = parser.parse_args().folder
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder, PrivateMpd(generate(Path(folder), seconds=20.0)) as mpd:
        config = Path(folder) / "moodpid.toml"
        config.write_text(CONFIG.format(mpd=mpd.port, web=port), encoding="utf-8")
        with Moodpid(config), sync_playwright() as playwright:
            time.sleep(LIVE_S)
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            take(browser, f"http://127.0.0.1:{port}/", out)
            browser.close()


def take(browser: Browser, address: str, out: Path) -> None:
    """Take all pictures."""
    for name, view, (width, height), scheme, mood in SHOTS:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=1.5 if width == PHONE[0] else 1,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(f"{address}#{view}")
        _prepare(page, view, mood)
        save(page.screenshot(), out / f"{name}.webp")
        context.close()


def _prepare(page: Page, view: str, mood: str) -> None:
    """Wait until the view shows what the picture is for."""
    if view in {"now", "aim"}:
        page.locator(".stage rect").first.wait_for(timeout=60_000)
    if mood:  # of room and face: at a change they differ for a moment
        page.locator(f".now:has(.mood-word:text('{mood}')):has(.tag:text('{mood}'))").wait_for(
            timeout=120_000
        )
    page.wait_for_timeout(2000)  # bars and the trail settle


def save(png: bytes, file: Path) -> None:
    """Write a picture as WebP."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    cv2.imwrite(str(file), picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    print(f"{file}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
