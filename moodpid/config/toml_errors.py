"""Syntax errors of TOML in plain words, by their line."""

import re
import tomllib

from moodpid.config.key_paths import KeyPath, find_keys, format_key

_BARE = "text stands in quotes: {word}"
_BACKSLASH = "a backslash has a meaning of its own in \"…\": write \\\\, or put the text into '…'"
_QUOTE = "the closing quote is missing"

_INVISIBLE = "an invisible character: type the line again"

# Spaces and marks that text copied from a web page has, and TOML does not take for space
_NO_SPACE = re.compile(r"[\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]")

# The next key or table, where another value of a list is expected: the line before the error and after it
_AFTER_LIST = ((r"\s*$", r"[\w.-]+\s*="), (r"\s*\[$", r"[a-z.]+\]\s*($|#)"))

# A value that begins with ' and has no other on its line: tomllib looks for it up to the end of the text
_OPENED = re.compile(r"(?m)^[^#\"'\n]*=[^#\"'\n]*'[^'\n]*$")

# A line that may have a password in it, as the value of a key or as in password@host
_SECRET = re.compile(r"(?i)@|(?:pass|pwd|secret|token)[^=:]*[=:]")

# tomllib's message; the line before the error and after it; our message
_DESCRIPTIONS = (
    ("Invalid statement", r"", r"//|;|--", "a comment begins with #"),
    ("Invalid statement", r"", r"", "neither a [table], nor a key = value, nor a # comment"),
    ("Expected '='", r"", r":", "write = instead of the colon"),
    ("Expected '='", r"", r"", "a key is one word of plain letters, digits, - and _, and = follows it"),
    (r"Expected '\]\]'", r"", r"", "a table's header has one bracket on each side, such as [camera]"),
    (r"Expected '\]'", r"", r"", "the closing ] of the table's header is missing"),
    ("Invalid initial", r"", r"\}", "no comma stands before a closing brace }}"),
    ("Invalid initial", r"", r"", "a table's header names the table, such as [camera]"),
    ("Invalid value", r"", r"$|#", "the value after = is missing"),
    ("Invalid value", r"", r"(?i:true|false|yes|no|on|off)\b", "write true or false, in small letters"),
    ("Invalid value", r"", r"[“”„‟«»‘’‚‛]", 'quotes are the straight ones of the keyboard: "…"'),  # noqa: RUF001
    ("Invalid value", r"", r"\.\d", "a number begins with a digit: 0{word}"),
    ("Invalid value", r"", r",", "one comma too many"),
    ("Invalid value|Invalid date", r"", r"", _BARE),
    ("Expected newline", r"\s*\[.*\]\s*$", r"\]", "one closing bracket too many"),
    ("Expected newline", r"\s*\[.*\]\s*$", r"", "a table's header stands alone on its line"),
    ("Expected newline", r".*\d$", r",\d", "a number has a point, not a comma"),
    ("Expected newline", r".*=\s*0$", r"\d", "a number has no 0 in front"),
    ("Expected newline", r".*=\s*[\d.]+\s*$", r"[A-Za-z%°]+\s*($|#)", "a number stands without a unit"),
    ("Expected newline", r"", r",\s*($|#)", "no comma stands at the end of the line"),
    ("Expected newline", r"", r",", 'several values stand in brackets: ["…", "…"]'),
    ("Expected newline", r".*[\"'\]}\s]$", r"", "one key stands on each line: begin a new one at {rest}"),
    ("Expected newline", r"", r"", _BARE),
    ("Unclosed array", r"", r"", "a comma or the closing ] of this list is missing"),
    ("Unclosed inline", r"", r"", "a comma or the closing brace }} is missing"),
    ("Duplicate inline table key", r"", r"", "a key stands twice in {{…}}: keep one of them"),
    (r"Unescaped|Invalid hex|Escaped", r"", r"", _BACKSLASH),
    (r"(Illegal|Found invalid) character '\\n'|Unterminated|Expected [\"']['\"]", r"", r"", _QUOTE),
    ("Cannot", r"", r"", "what stands here stood above, perhaps in another form: keep one of them"),
    (r"Illegal|Found invalid", r"", r"", _INVISIBLE),
)


def explain(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """Return the line of the first syntax error, counted from 1, and what is wrong with it."""
    text = text.replace("\r\n", "\n")
    at = _offset(text, str(error))
    if _NO_SPACE.match(text, at):
        return _line(text, at), _INVISIBLE
    message = str(error).partition(" (at ")[0]
    if message.startswith("Cannot") and (fault := _twice(text)):
        return fault
    if message.startswith("Unclosed array"):
        return _line(text, _list_start(text, at)), _describe(message, "", "")
    if message == 'Expected "\'"' and (opened := _OPENED.search(text)):
        at = opened.start()
    before, rest = text[text.rfind("\n", 0, at) + 1 : at], text[at:].partition("\n")[0]
    if message == "Invalid value" and any(re.match(b, before) and re.match(r, rest) for b, r in _AFTER_LIST):
        return _line(text, _list_start(text, at)), "the closing ] of this list is missing"
    return _line(text, at), _describe(message, before, rest)


def long_number_line(text: str) -> int:
    """Return the line, counted from 1, of the number that is too long for Python to read."""
    match = re.search(r"\d[\d_]{4300}", text)
    return _line(text, match.start()) if match else 1


def _offset(text: str, message: str) -> int:
    """Return the offset of the error; before Python 3.14 only tomllib's message has it."""
    if place := re.search(r"\(at line (\d+), column (\d+)\)$", message):
        lines = text.split("\n")
        return sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1
    return len(text.rstrip())


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _describe(message: str, before: str, rest: str) -> str:
    for pattern, behind, ahead, words in _DESCRIPTIONS:
        if re.match(pattern, message) and re.match(behind, before) and re.match(ahead, rest):
            value = before.partition("=")[2] + rest if message.startswith("Expected newline") else rest
            word = re.split(r"\s*(?:[,\]}#]|$)", value.strip(), maxsplit=1)[0]
            quoted = word if words is not _BARE else f'"{word}"'
            shown = rest.partition("#")[0].strip()
            if _SECRET.search(before + rest):
                quoted = shown = "…"
            return words.format(word=quoted, rest=shown)
    return f"{message[0].lower()}{message[1:]}"


def _list_start(text: str, at: int) -> int:
    """Return the offset of the key whose list is open at the error."""
    starts = [match.start() for match in re.finditer(r"(?m)^[ \t]*[\w\"'-]+\s*=\s*\[", text[:at])]
    return starts[-1] if starts else at


def _twice(text: str) -> tuple[int, str] | None:
    """Return the first table or key that is defined twice, and where else."""
    seen: dict[KeyPath, int] = {}
    for number, place in find_keys(text):
        if place in seen:
            name = format_key(place)
            keep = "put all its keys below one of them" if name.endswith("]") else "keep one of them"
            return number, f"{name} stands here and on line {seen[place]}: {keep}"
        seen[place] = number
    return None
