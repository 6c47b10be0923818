"""Debian's Chromium without a window, and a page in it that must not complain or call elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Route,
    sync_playwright,
)

from moodpid.vision.opencv import cv2
from tests.support.environment import require

# The sandbox wants rights that containers lack; the rest keeps Chromium from calling its maker
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
# What the browser writes to the console where the network is switched off on purpose
_OFFLINE = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_NETWORK_CHANGED")


@dataclass
class Tab:
    """A page in the browser.

    Attributes:
        page: Playwright's.
        complaints: What the console and the page's scripts complained of.
        elsewhere: Requests to other servers.
    """

    page: Page
    root: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)
        self.page.on("request", self._on_request)

    def show(self, view: str) -> None:
        """Go to a view, as its link does."""
        self.page.goto(f"{self.root}#{view}")
        self.page.locator(f"nav a[href='#{view}'][aria-current=page]").wait_for()

    def _on_console(self, message: ConsoleMessage) -> None:
        offline = any(reason in message.text for reason in _OFFLINE)
        if message.type in {"error", "warning"} and not offline:
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_error(self, error: Error) -> None:
        self.complaints.append(f"error: {error}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.root, "blob:", "data:")):
            self.elsewhere.append(request.url)


class Held:
    """Requests that wait until a test answers them."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(self, route: Route) -> None:
        self.routes.append(route)

    def wait_for(self, count: int, page: Page) -> None:
        until_s = time.monotonic() + 10.0
        while len(self.routes) < count:
            assert time.monotonic() < until_s, f"only {len(self.routes)} of {count} requests came"
            page.evaluate("0")  # lets the next event in


def picture(width: int, height: int) -> bytes:
    """A grey JPEG."""
    return bytes(cv2.imencode(".jpg", np.full((height, width), 120, np.uint8))[1])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; skip the test, with the reason, where there is none."""
    require("chromium")
    with sync_playwright() as playwright:
        path = "/usr/bin/chromium"
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            pytest.skip(f"chromium does not start here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@contextmanager
def tab(browser: Browser, root: str, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Iterator[Tab]:
    """Open a page; at the end it must not have complained, nor asked other servers."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    opened = Tab(context.new_page(), root)
    try:
        yield opened
        assert opened.complaints == []
        assert opened.elsewhere == []
    finally:
        context.close()
