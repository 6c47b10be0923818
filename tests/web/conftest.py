"""An open page, a protected one, and a browser, for the tests here."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Tab, chromium, tab
from tests.support.page import PASSWORD, PageServer, app_state, page_server


@pytest.fixture(scope="module")
def page() -> Iterator[PageServer]:
    with page_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def locked() -> Iterator[PageServer]:
    with page_server(password=PASSWORD) as server:
        yield server


@pytest.fixture
def server() -> Iterator[PageServer]:
    with page_server("picture = true") as made:
        made.publisher.publish(app_state(), ())
        yield made


@pytest.fixture
def opened(browser: Browser, server: PageServer) -> Iterator[Tab]:
    with tab(browser, f"http://127.0.0.1:{server.port}/") as made:
        yield made
