"""Threads meet in mailbox and inbox without losing, mixing or piling up what they pass."""

import select
from collections.abc import Iterator
from threading import Thread

import pytest

from moodpid.channels import LatestValue, RequestQueue


@pytest.fixture
def mailbox() -> Iterator[LatestValue[str]]:
    box: LatestValue[str] = LatestValue()
    yield box
    box.close()


@pytest.fixture
def inbox() -> Iterator[RequestQueue[int]]:
    box: RequestQueue[int] = RequestQueue(limit=3)
    yield box
    box.close()


def test_a_newer_wish_replaces_the_older(mailbox: LatestValue[str]) -> None:
    mailbox.put("sad")
    mailbox.put("happy")
    assert mailbox.take() == "happy"
    assert mailbox.take() is None


def test_taking_waits_for_the_other_thread(mailbox: LatestValue[str]) -> None:
    putter = Thread(target=mailbox.put, args=("happy",))
    putter.start()
    assert mailbox.take(timeout_s=10) == "happy"
    putter.join()


def test_select_sees_a_mailbox_with_a_wish_and_none_without(mailbox: LatestValue[str]) -> None:
    assert select.select([mailbox], [], [], 0)[0] == []
    mailbox.put("happy")
    assert select.select([mailbox], [], [], 0)[0] == [mailbox]
    mailbox.take()
    assert select.select([mailbox], [], [], 0)[0] == []


def test_requests_come_in_order(inbox: RequestQueue[int]) -> None:
    assert inbox.drain() == []
    assert all(inbox.post(n) for n in (1, 2, 3))
    assert inbox.drain() == [1, 2, 3]
    assert inbox.drain() == []


def test_a_full_inbox_refuses_instead_of_growing(inbox: RequestQueue[int]) -> None:
    assert [inbox.post(n) for n in range(5)] == [True, True, True, False, False]
    assert inbox.drain() == [0, 1, 2]
    assert inbox.post(9)


def test_draining_waits_for_the_other_thread(inbox: RequestQueue[int]) -> None:
    poster = Thread(target=inbox.post, args=(7,))
    poster.start()
    assert inbox.drain(timeout_s=10) == [7]
    poster.join()
