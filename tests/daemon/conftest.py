"""The main loop for the tests here."""

from collections.abc import Iterator

import pytest

from moodpid.channels import RequestQueue
from moodpid.requests import Request
from tests.support.daemon_harness import DaemonHarness


@pytest.fixture
def harness() -> Iterator[DaemonHarness]:
    requests = RequestQueue[Request]()
    yield DaemonHarness(requests)
    requests.close()
