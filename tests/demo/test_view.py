"""The line that a person sees while the demo runs."""

import io
import json

import pytest
from demo.view import Heard, Line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _heard(**topics: object) -> Heard:
    heard = Heard()
    for name, news in topics.items():
        heard.take(f"moodpid/demo/{name}", json.dumps(news).encode())
    return heard


HAPPY = {"mood": "happy", "confidence": 0.834, "faces": 1}
PLAYS = {"state": "play", "title": "Kettle", "playlist": "songs that sound neutral", "message": ""}


@pytest.mark.parametrize(
    ("topics", "line"),
    [
        ({}, "waiting for the first look"),
        ({"mood": HAPPY}, "happy     83 %   1 face"),
        ({"mood": HAPPY | {"faces": 2}}, "happy     83 %   2 faces"),
        (
            {"mood": HAPPY, "player": PLAYS},
            'happy     83 %   1 face   plays "Kettle" from songs that sound neutral',
        ),
        (
            {"mood": HAPPY, "player": PLAYS | {"playlist": "songs that sound happy"}},
            'happy     83 %   1 face   plays "Kettle", then songs that sound happy',
        ),
        (
            {"mood": HAPPY, "player": {"state": "play", "title": "Her own"}},
            'happy     83 %   1 face   plays "Her own"',
        ),
        ({"mood": HAPPY, "player": {"state": "pause"}}, "happy     83 %   1 face   player: pause"),
        (
            {"mood": HAPPY, "player": {"state": "stop", "message": "no playlist Happy"}},
            "happy     83 %   1 face   no playlist Happy",
        ),
        ({"camera": {"state": "watching", "message": ""}}, "waiting for the first look"),
        ({"camera": {"state": "lost", "message": "unplugged"}}, "camera: unplugged"),
    ],
)
def test_the_line_says_what_was_heard(topics: dict[str, object], line: str) -> None:
    assert _heard(**topics).line == line


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"online", b"[1]", b"{"])
def test_a_message_that_is_no_json_changes_nothing(payload: bytes) -> None:
    heard = Heard()
    heard.take("moodpid/demo/mood", payload)
    assert heard.line == "waiting for the first look"


def test_moods_are_remembered_in_the_order_of_their_change() -> None:
    heard = Heard()
    for mood in ("nobody", "happy", "happy", "sad", "happy"):
        heard.take("moodpid/demo/mood", json.dumps({"mood": mood}).encode())
    assert heard.moods == ["nobody", "happy", "sad", "happy"]


def test_without_a_terminal_small_changes_print_no_line() -> None:
    out = io.StringIO()
    line = Line(out)
    for confidence in (0.8, 0.81, 0.82):
        line.show(_heard(mood=HAPPY | {"confidence": confidence}))
    line.show(_heard(mood=HAPPY | {"mood": "sad"}))
    line.end()
    assert [text.split()[2] for text in out.getvalue().splitlines()] == ["happy", "sad"]


def test_on_a_terminal_the_line_is_written_over() -> None:
    out = Terminal()
    line = Line(out)
    line.show(_heard(mood=HAPPY))
    line.show(_heard(mood=HAPPY | {"mood": "sad"}))
    line.end()
    assert out.getvalue() == "\r\x1b[Khappy     83 %   1 face\r\x1b[Ksad       83 %   1 face\n"
