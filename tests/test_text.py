"""Text from outside: whatever comes in, what goes out is short, printable and valid."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.text import MAX_CHARS, clean, clean_lines, cut_bytes, is_one_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates included


@given(ANY_TEXT | st.binary(), st.integers(1, 50))
def test_cleaned_text_is_short_printable_and_valid(text: str | bytes, max_chars: int) -> None:
    cleaned = clean(text, max_chars)
    assert len(cleaned) <= max_chars
    assert is_one_line(cleaned)
    assert cleaned.encode().decode() == cleaned


@given(st.text(st.characters(categories=("L", "N", "P")), max_size=MAX_CHARS))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@given(ANY_TEXT, st.integers(1, 50))
def test_cleaning_twice_changes_nothing_more(text: str, max_chars: int) -> None:
    once = clean(text, max_chars)
    assert clean(once, max_chars) == once


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred\x1b]0;title\x07", "[31mred]0;title"),
        ("one\r\ntwo\tthree", "one two three"),
        ("gone\0with", "gonewith"),
        ("a\u202egpj.exe", "agpj.exe"),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}"),
        ("caf\udce9", "caf\N{REPLACEMENT CHARACTER}"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("Дом", "Дом"),
        (Path("/music/caf\udce9.ogg"), "/music/caf\N{REPLACEMENT CHARACTER}.ogg"),
        (OSError(2, "No such file"), "[Errno 2] No such file"),
    ],
)
def test_what_could_disturb_a_terminal_goes(text: object, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_long_text_ends_with_an_ellipsis() -> None:
    assert clean("T" * 1_000_000, 10) == "T" * 9 + "…"


def test_many_control_characters_still_count_as_cut() -> None:
    assert clean("\0" * 100 + "late", 10) == "…"


@given(ANY_TEXT, st.integers(3, 60))
def test_a_cut_by_bytes_keeps_within_them(text: str, max_bytes: int) -> None:
    assert len(cut_bytes(text, max_bytes).encode()) <= max_bytes


@given(ANY_TEXT)
def test_lines_keep_their_ends_and_lose_their_controls(text: str) -> None:
    lines = clean_lines(text).split("\n")
    assert len(lines) == len(text.split("\n"))
    assert all(is_one_line(line) for line in lines)
