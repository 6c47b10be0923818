"""An open page and a protected one, for the tests here."""

from collections.abc import Iterator

import pytest

from tests.support.page import PASSWORD, PageServer, page_server


@pytest.fixture(scope="module")
def page() -> Iterator[PageServer]:
    with page_server() as server:
        yield server


@pytest.fixture
def locked() -> Iterator[PageServer]:
    with page_server(password=PASSWORD) as server:
        yield server
