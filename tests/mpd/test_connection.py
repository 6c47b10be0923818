"""The connection at servers that answer badly: every line, answer and wait has a limit."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import MpdConfig
from moodpid.mpd import session, wire
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.protocol import AckCode, CommandRefusedError, MpdDeniedError, MpdGoneError
from tests.support.scripted_server import COMMANDS, GREETING, answering, scripted
from tests.support.servers import PrivateMpd

SONG = b"file: a.ogg\nTitle: %s\nPos: 0\nId: 1\nOK\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of a test."""
    monkeypatch.setattr(session, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(session, "SEARCH_TIMEOUT_S", 0.5)


def test_bytes_that_are_no_utf_8_come_and_go_unchanged() -> None:
    with scripted(answering({"playlistinfo": b"file: caf\xe9.ogg\nPos: 0\nId: 1\nOK\n"})) as config:
        with MpdConnection(config) as link:
            (song,) = link.queue(0, 1)
        assert song.uri.encode("utf-8", "surrogateescape") == b"caf\xe9.ogg"
        assert song.title.isprintable()
        assert song.title.encode()


@pytest.mark.parametrize("code", [AckCode.UNKNOWN, AckCode.SYSTEM])
def test_a_song_that_does_not_open_has_been_gone_to(code: AckCode) -> None:
    refusal = f"ACK [{code}@0] {{playid}} Failed to decode a.ogg\n".encode()
    with scripted(answering({"playid": refusal})) as config, MpdConnection(config) as link:
        link.play(1)


def test_a_station_may_take_longer_to_open_than_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()

    def serve(client: socket.socket) -> None:
        client.sendall(GREETING)
        for line in client.makefile("rb"):
            if line.startswith(b"playid"):
                opened.wait(2 * session.TIMEOUT_S)
            client.sendall(COMMANDS if line.startswith(b"commands") else b"OK\n")

    monkeypatch.setattr(session, "TIMEOUT_S", 0.3)
    with scripted(serve) as config, MpdConnection(config) as link:
        link.play(1)


def test_a_song_that_is_gone_has_not_been_gone_to() -> None:
    refusal = b"ACK [50@0] {playid} No such song\n"
    answers = answering({"playid": refusal})
    with scripted(answers) as config, MpdConnection(config) as link, pytest.raises(CommandRefusedError):
        link.play(1)


def test_an_unknown_ack_code_refuses_one_command_only() -> None:
    with (
        scripted(answering({"channels": b"ACK [77@0] {channels} Not implemented\n"})) as config,
        MpdConnection(config) as link,
    ):
        with pytest.raises(CommandRefusedError, match="Not implemented"):
            link.channels()
        assert link.status().length == 0


@pytest.mark.parametrize("title", [b"a\x00b", b"\x1b[31mred", b"T" * 1_000_000, b"\xff\xfe"])
def test_a_title_is_cut_and_cleaned(title: bytes) -> None:
    with scripted(answering({"playlistinfo": SONG % title})) as config, MpdConnection(config) as link:
        (song,) = link.queue(0, 1)
    assert len(song.title) < 300
    assert song.title.isprintable()


def test_a_sticker_with_a_line_end_costs_that_sticker_alone() -> None:
    answer = b"sticker: note=a\nb\nsticker: like=2\nOK\n"
    with scripted(answering({"sticker": answer})) as config, MpdConnection(config) as link:
        assert link.stickers("a.ogg") == {"note": "a", "like": "2"}


def test_songs_with_a_sticker_come_with_its_value() -> None:
    answer = b"file: a.ogg\nsticker: x=7\nfile: b=c.ogg\nsticker: x=a=b\nOK\n"
    with scripted(answering({"sticker": answer})) as config, MpdConnection(config) as link:
        assert link.songs_with_sticker("x") == {"a.ogg": "7", "b=c.ogg": "a=b"}


def test_a_line_without_an_end_fills_no_memory(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(wire, "MAX_LINE_BYTES", 2**20)

    def flood(client: socket.socket) -> None:
        while True:
            client.sendall(b"x" * 65536)

    with scripted(flood) as config, pytest.raises(MpdGoneError, match="line without an end"):
        MpdConnection(config)


def test_single_bytes_do_not_renew_the_time_limit(quick: None) -> None:  # noqa: ARG001
    def drip(client: socket.socket) -> None:
        while True:
            client.sendall(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with scripted(drip) as config, pytest.raises(MpdGoneError, match="does not answer in time"):
        MpdConnection(config)
    assert time.monotonic() - begun < 30.0


def test_a_connection_closed_in_mid_answer_is_not_silence() -> None:
    def hang_up(client: socket.socket) -> None:
        client.sendall(GREETING)
        client.recv(100)

    with scripted(hang_up) as config, pytest.raises(MpdGoneError, match="closed the connection") as caught:
        MpdConnection(config)
    assert caught.value.dropped


def test_a_dead_peer_is_noticed_while_nothing_happens(
    quick: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "HEARTBEAT_S", 0.1)
    answer = answering({"idle": b"", "noidle": b""})  # as after a power cut: nothing comes back
    with scripted(answer) as config, MpdConnection(config) as link, socket.socket() as other:
        begun = time.monotonic()
        with pytest.raises(MpdGoneError, match="does not answer in time"):
            link.wait(("player",), other, 60.0)
        assert time.monotonic() - begun < 30.0


@pytest.mark.parametrize("text", ["a\nclear", "a\0b", "x" * 9000, "\ud800"])
def test_text_that_no_command_can_carry_is_refused(text: str) -> None:
    with scripted(answering({})) as config, MpdConnection(config) as link:
        with pytest.raises(CommandRefusedError):
            link.add(text, None)
        assert link.status().length == 0


def test_an_old_mpd_gets_positions_that_it_understands() -> None:
    sent: list[bytes] = []

    def old(client: socket.socket) -> None:
        client.sendall(b"OK MPD 0.22.4\n")
        for line in client.makefile("rb"):
            sent.append(line)
            answers = {b"commands\n": COMMANDS, b"status\n": b"song: 4\nplaylistlength: 9\nOK\n"}
            client.sendall(answers.get(line, b"Id: 7\nOK\n"))

    with scripted(old) as config, MpdConnection(config) as link:
        assert link.add("a.ogg", 1) == 7
    assert sent[-1] == b'addid "a.ogg" "6"\n'


def test_a_forgotten_partition_is_made_again_with_its_outputs(mpd: PrivateMpd) -> None:
    config = MpdConfig(host="127.0.0.1", port=mpd.port, partition="kitchen")
    with pytest.raises(MpdDeniedError, match='no partition "kitchen"') as caught:
        MpdConnection(config)
    assert "newpartition" in caught.value.remedy
    with MpdConnection(config, "", ("null",)) as link:
        assert [(output.name, output.enabled) for output in link.outputs()] == [("null", True)]


def test_songs_are_looked_up_without_adding_them(mpd: PrivateMpd) -> None:
    with MpdConnection(MpdConfig(host="127.0.0.1", port=mpd.port)) as link:
        (known,) = link.find('(title == "November")', 0, 1)
        assert link.has_song(known)
        assert link.has_song("http://example.org/stream")
        assert not link.has_song("nowhere/a.ogg")
        assert not link.has_song("/home/me/a.ogg")
        assert not link.has_song("tidal://track/1")


@given(st.binary(max_size=300), st.sampled_from(["status", "playlistinfo", "outputs", "sticker", "commands"]))
def test_any_answer_raises_only_the_errors_of_this_package(answer: bytes, command: str) -> None:
    with scripted(answering({command: answer + b"\nOK\n"})) as config:
        lines = ""
        try:
            with MpdConnection(config) as link:
                link.status()
                link.queue(0, 3)
                link.outputs()
                link.stickers("a")
        except (MpdGoneError, CommandRefusedError, MpdDeniedError) as error:
            lines = str(error)
    assert lines.isprintable()


@given(st.text(min_size=6, alphabet="abcdefghijklmnopqrstuvwxyz0123456789"))
def test_a_password_stands_in_no_message(secret: str) -> None:
    refused = b"ACK [3@0] {password} incorrect password\n"
    with scripted(answering({"password": refused})) as config:
        with pytest.raises(MpdDeniedError) as caught:
            MpdConnection(config, f"pw-{secret}")
        assert f"pw-{secret}" not in f"{caught.value!r} {caught.value.remedy}"


def test_the_codes_are_those_of_mpd() -> None:
    assert (AckCode.NO_EXIST, AckCode.PLAYLIST_MAX, AckCode.PLAYER_SYNC) == (50, 51, 55)
