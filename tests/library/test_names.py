from hypothesis import given
from hypothesis import strategies as st

from moodpid.library.names import database_name, mpd_name


@given(st.binary(max_size=40))
def test_any_bytes_come_back_as_they_were(raw: bytes) -> None:
    uri = raw.decode("utf-8", "surrogateescape")
    name = database_name(uri)
    assert name.encode("utf-8").decode("utf-8") == name
    assert mpd_name(name) == uri


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_two_songs_have_two_names(one: bytes, other: bytes) -> None:
    names = [database_name(raw.decode("utf-8", "surrogateescape")) for raw in (one, other)]
    assert (names[0] == names[1]) == (one == other)


def test_a_name_with_characters_for_private_use_stays_itself() -> None:
    uri = "\uef80\uefff \ue000 \udcff naïve ☃.mp3"
    assert mpd_name(database_name(uri)) == uri


def test_a_name_in_unicode_is_kept_as_it_is() -> None:
    assert database_name("naïve — ☃.mp3") == "naïve — ☃.mp3"
