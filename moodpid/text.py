"""Text from outside: the one place where it is cut, cleaned, and given a type of its own.

Tags, file names, errors of servers and messages may hold anything: megabytes, terminal control codes, bytes
that are no UTF-8. What has passed through here is short, one line, and valid Unicode.
"""

import re
from typing import Final, NewType

CleanText = NewType("CleanText", str)
"""One line of valid Unicode without control characters, of limited length; made by this module alone."""

EMPTY: Final = CleanText("")
MAX_CHARS: Final = 240
"""Characters of one name, title or message; Home Assistant takes 255 for a state."""
MAX_ERROR_CHARS: Final = 1000
"""Characters of one error line, which may list everything that would be valid."""
ELLIPSIS: Final = "…"

# Line ends and tabs part words; the Unicode standard's section 5.8, "Newline Guidelines"
_SPACES = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Controls (Cc); marks that reorder or hide text on a terminal (UAX #9, explicit directional formatting, and
# the tags of block E0000); the byte order mark and noncharacters. Joiners stay: scripts and emoji need them
_CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb"
    r"\ufffe\uffff\U000e0000-\U000e007f]"
)
# Half of a pair of UTF-16, which no encoder takes; `surrogateescape` makes them of bytes that are no UTF-8
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def clean(text: object, max_chars: int = MAX_CHARS) -> CleanText:
    """Return `text` as one line without control characters, cut to `max_chars` characters.

    Args:
        text: A str, or what str() makes one of, such as an exception or a path; bytes are read as UTF-8.
        max_chars: The most characters of the result, at least 1; a cut text ends with an ellipsis.
    """
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    # Four times as much is read as is kept: what is thrown away must not cost time without limit
    kept = _without_controls(_SPACES.sub(" ", raw[: 4 * max_chars])).strip()
    if len(kept) <= max_chars and len(raw) <= 4 * max_chars:
        return CleanText(kept)
    return CleanText(kept[: max_chars - len(ELLIPSIS)].rstrip() + ELLIPSIS)


def clean_lines(text: str) -> str:
    """Return `text` without control characters, its line ends and its length as they are.

    For the terminal and the log, where several lines of our own may quote something from outside.
    """
    if text.isascii() and text.isprintable():
        return text
    return "\n".join(_without_controls(line.replace("\t", "    ")) for line in text.split("\n"))


def cut_bytes(text: str, max_bytes: int) -> str:
    """Return `text`, cut between two characters so that it has at most `max_bytes` bytes of UTF-8."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= max_bytes:
        return encoded.decode()
    return encoded[: max(0, max_bytes - len(ELLIPSIS.encode()))].decode("utf-8", "ignore") + ELLIPSIS


def is_one_line(text: str) -> bool:
    """Return whether a protocol of lines can carry `text`: valid Unicode without control characters."""
    return not (_CONTROLS.search(text) or _SURROGATES.search(text))


def _without_controls(line: str) -> str:
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", line))
