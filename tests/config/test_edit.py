"""A key is set where it stands, or where people would write it, and the text around it stays."""

import tomllib

import pytest

from moodpid.config.edit import set_keys

HOST = ("mqtt", "host")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[mqtt]\nhost = "a"\n', '[mqtt]\nhost = "b"\n'),
        ("[mqtt]\nhost = 'a' # c\n", '[mqtt]\nhost = "b"                # c\n'),
        ('[ mqtt ] # c\n  "host"="a"\n', '[ mqtt ] # c\n  host = "b"\n'),
        ('[mqtt]\n# host = "localhost"\nhost = "a"\n', '[mqtt]\n# host = "localhost"\nhost = "b"\n'),
        ('[mqtt]\n# host = "localhost"\n', '[mqtt]\nhost = "b"\n'),
        ('[mqtt]\n# [web]\n# host = "localhost"\n', '[mqtt]\nhost = "b"\n# [web]\n# host = "localhost"\n'),
        ('[mqtt]\n# [web]\nhost = "a"\n', '[mqtt]\n# [web]\nhost = "b"\n'),
        ('[mqtt]\n# host = "mine"\n', '[mqtt]\nhost = "b"\n# host = "mine"\n'),
        ("[mqtt]\n[web]\n", '[mqtt]\nhost = "b"\n[web]\n'),
        ('[player]\nhost = "a"\n', '[player]\nhost = "a"\n\n[mqtt]\nhost = "b"\n'),
        ('[mqtt]\nhost = "a\\"# b" # c', '[mqtt]\nhost = "b"                # c\n'),
        ("\n", '\n[mqtt]\nhost = "b"\n'),
    ],
)
def test_a_key_is_set_where_people_look(text: str, expected: str) -> None:
    assert set_keys(text, {HOST: "b"}) == expected


def test_inserted_keys_keep_their_order() -> None:
    values: dict[tuple[str, str], str | int] = {
        ("device", "id"): "a",
        ("device", "name"): "A",
        HOST: "b",
        ("mqtt", "port"): 1884,
    }
    text = set_keys("[web]\n", values)
    assert text == '[web]\n\n[device]\nid = "a"\nname = "A"\n\n[mqtt]\nhost = "b"\nport = 1884\n'
    assert tomllib.loads(text)["mqtt"] == {"host": "b", "port": 1884}


def test_a_key_without_a_value_becomes_a_comment() -> None:
    text = "[mqtt]\nport = 1884  # mine\n"
    assert set_keys(text, {("mqtt", "port"): None}) == "[mqtt]\n# port = 1884  # mine\n"
    assert set_keys("[mqtt]\n", {("mqtt", "port"): None}) == "[mqtt]\n"
