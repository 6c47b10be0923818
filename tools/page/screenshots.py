"""Takes the pictures of docs/web.md: the real page of a real service, in Debian's Chromium.

    .venv/bin/python tools/page/screenshots.py [FOLDER]

The service watches the bundled recording, whose faces are averages. FOLDER is docs/web without an argument.
Needs chromium, MPD, and the Debian package fonts-inter for the page's first choice of letters.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from demo.library import generate
from playwright.sync_api import Browser, Page

from moodpid.vision.opencv import cv2
from tests.support.browser import chromium
from tests.support.page_service import page_service
from tests.support.servers import PrivateMpd

ROOT = Path(__file__).parents[2]
MOODS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "nobody")
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
    playlists = {mood: [mood.capitalize()] for mood in MOODS}
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateMpd(generate(Path(folder), seconds=20.0)) as mpd,
        page_service(
            mpd, Path(folder), playlists, name="Living room", smoothing_s=0.8, dwell_s=3.0
        ) as address,
        chromium() as browser,
    ):
        time.sleep(LIVE_S)
        take(browser, address, out)


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
