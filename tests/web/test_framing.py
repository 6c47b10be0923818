"""One request goes through at a time, as it came, whatever is sent and in whatever pieces."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.web.framing import (
    MAX_HEAD_BYTES,
    MAX_HEAD_LINES,
    MAX_HELD_BYTES,
    FramingError,
    RequestFraming,
)

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def requests_passed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what goes through, of a client that asks without waiting for answers."""
    framing = RequestFraming()
    for piece in pieces:
        passed = framing.receive(piece)
        while passed:
            yield passed
            assert framing.begin(0) == b""
            passed = framing.end()


@given(st.data(), st.integers(1, 5))
def test_requests_go_through_one_by_one_in_any_pieces(data: st.DataObject, count: int) -> None:
    sent = GET * count
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert list(requests_passed(pieces)) == [GET] * count


@given(st.binary(max_size=300), st.integers(1, 300))
def test_a_body_goes_through_unchanged(body: bytes, step: int) -> None:
    framing = RequestFraming()
    sent = GET + body + GET
    head, through = b"", b""
    for start in range(0, len(sent), step):
        piece = framing.receive(sent[start : start + step])
        if head == GET:
            through += piece
        else:
            head += piece
            through += framing.begin(len(body)) if head == GET else b""
    assert (head, through) == (GET, body)
    assert framing.end() == GET


def test_a_body_without_a_length_goes_through_until_the_answer() -> None:
    framing = RequestFraming()
    assert framing.receive(GET + b"5\r\n") == GET
    assert framing.begin(None) == b"5\r\n"
    assert framing.receive(b"hello\r\n0\r\n\r\n") == b"hello\r\n0\r\n\r\n"
    assert framing.end() == b""
    assert framing.receive(GET) == GET


def test_behind_a_body_that_came_late_is_the_next_head() -> None:
    framing = RequestFraming()
    assert framing.receive(GET) == GET
    assert framing.begin(5) == b""
    assert framing.end() == b""
    assert framing.receive(b"hello" + GET) == b"hello" + GET


def test_behind_the_last_request_nothing_goes_through() -> None:
    framing = RequestFraming()
    assert framing.receive(GET + b"2\r\n{}\r\n") == GET
    assert framing.begin(0, last=True) == b""
    assert framing.end() == b""
    assert framing.receive(b"0\r\na:b\r\n\r\n" + GET) == b""


def test_half_a_head_is_held_back() -> None:
    framing = RequestFraming()
    assert framing.receive(GET[:20]) == b""
    assert framing.receive(GET[20:]) == GET


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\nHost: localhost\n\n", b"\r\n" + GET, b"\n\r\n" + GET])
def test_unusual_line_ends_do_no_harm(head: bytes) -> None:
    assert RequestFraming().receive(head) == head.lstrip()


def test_what_is_no_http_is_left_to_the_parser() -> None:
    hello = b"\x16\x03\x01\x02"  # TLS
    framing = RequestFraming()
    assert framing.receive(hello) == hello
    assert framing.receive(hello) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * MAX_HEAD_LINES + b"\r\n",
        GET + b"x" * (MAX_HELD_BYTES + 1),
    ],
    ids=["no end", "long", "many lines", "much behind"],
)
def test_more_than_a_client_may_send_is_an_error(sent: bytes) -> None:
    with pytest.raises(FramingError):
        RequestFraming().receive(sent)
