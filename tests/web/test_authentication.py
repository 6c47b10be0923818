"""Links and sessions are valid once, for a time, and only where they were made."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.app import page_link
from moodpid.cli import main
from moodpid.config import Config, WebConfig
from moodpid.errors import ExitCode, PageLinkError
from moodpid.system.json_file import JsonFile
from moodpid.web.authentication import Authenticator
from moodpid.web.key_file import KEY_FILE, MAX_SIGNED_OUT, KeyFile, stored_key
from moodpid.web.password_hash import PasswordHash
from moodpid.web.signed_tokens import BODY_BYTES, KEY_BYTES, Purpose, SignedTokens

KEY = bytes(KEY_BYTES)


def test_a_token_is_valid_until_its_end() -> None:
    tokens = SignedTokens(KEY, Purpose.LINK)
    text = tokens.make(100.0)
    assert tokens.is_valid(text, 99.9)
    assert not tokens.is_valid(text, 100.0)


def test_a_spent_token_is_valid_no_longer() -> None:
    tokens = SignedTokens(KEY, Purpose.LINK)
    text = tokens.make(100.0)
    assert tokens.spend(text, 1.0)
    assert not tokens.spend(text, 1.0)
    assert not tokens.is_valid(text, 1.0)


def test_a_token_from_before_the_start_cannot_be_spent_again() -> None:
    text = SignedTokens(KEY, Purpose.LINK).make(100.0)
    assert not SignedTokens(KEY, Purpose.LINK).spend(text, 1.0, 100.1)
    assert SignedTokens(KEY, Purpose.LINK).spend(text, 1.0, 100.0)


def test_another_key_purpose_or_password_invalidates_a_token() -> None:
    text = SignedTokens(KEY, Purpose.SESSION, "old").make(100.0)
    assert SignedTokens(KEY, Purpose.SESSION, "old").is_valid(text, 1.0)
    assert not SignedTokens(KEY, Purpose.SESSION, "new").is_valid(text, 1.0)
    assert not SignedTokens(KEY, Purpose.LINK, "old").is_valid(text, 1.0)
    assert not SignedTokens(b"x" * KEY_BYTES, Purpose.SESSION, "old").is_valid(text, 1.0)


@given(st.text())
def test_no_other_text_is_valid(text: str) -> None:
    assert not SignedTokens(KEY, Purpose.SESSION).is_valid(text, 0.0)


@given(st.integers(0, 73), st.sampled_from("AZaz09-_=é"))
def test_a_token_with_another_character_is_another_token(place: int, character: str) -> None:
    tokens = SignedTokens(KEY, Purpose.SESSION)
    text = tokens.make(100.0)
    changed = text[:place] + character + text[place + 1 :]
    assert tokens.is_valid(changed, 0.0) is (changed == text)


def test_a_password_matches_itself_alone() -> None:
    password = PasswordHash("pässword \udce4")
    assert password.matches("pässword \udce4")
    assert not password.matches("password")
    assert not password.matches("")


def test_the_key_is_made_once(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / KEY_FILE)
    assert stored_key(file) is None
    key = KeyFile(file).key
    assert len(key) == KEY_BYTES
    assert KeyFile(file).key == stored_key(file) == key


def test_a_signed_out_session_stays_so_after_a_restart(tmp_path: Path) -> None:
    def service() -> Authenticator:
        return Authenticator(KeyFile(JsonFile(tmp_path / KEY_FILE)), "", protected=True, clock=lambda: 1000.0)

    links = SignedTokens(KeyFile(JsonFile(tmp_path / KEY_FILE)).key, Purpose.LINK)
    running = service()
    ended, lasting = running.by_link(links.make(1900.0)), running.by_link(links.make(1900.0))
    running.sign_out([ended])
    assert not service().is_signed_in([ended])
    assert service().is_signed_in([lasting])


def test_the_file_of_signed_out_sessions_has_a_limit(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / KEY_FILE)
    sessions = [number.to_bytes(BODY_BYTES) for number in range(MAX_SIGNED_OUT + 9)]
    KeyFile(file).save_signed_out(sessions)
    assert KeyFile(file).signed_out == tuple(sessions[9:])


@pytest.mark.parametrize("content", ['{"key": "00"}', '{"key": 7}', "[]", "{", '{"key": "' + "0" * 65 + '"}'])
def test_a_broken_key_is_made_again(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    assert len(KeyFile(JsonFile(tmp_path / KEY_FILE)).key) == KEY_BYTES


def test_the_verb_prints_a_link_that_the_service_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = KeyFile(JsonFile(tmp_path / KEY_FILE)).key
    config = tmp_path / "moodpid.toml"
    config.write_text('[player]\nenabled = false\n[web]\nenabled = true\nhost = "192.168.1.7"\n')
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert main(["web", "--config", str(config)]) == ExitCode.OK
    url, _, token = capsys.readouterr().out.strip().partition("#")
    assert url == "http://192.168.1.7:8730/"
    assert SignedTokens(key, Purpose.LINK).spend(token, time.monotonic())


def test_without_page_or_key_the_command_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PageLinkError, match="enabled = true"):
        page_link(Config(), tmp_path)
    network = Config(web=WebConfig(enabled=True, host="192.168.1.7"))
    with pytest.raises(PageLinkError, match="start the service first"):
        page_link(network, tmp_path)
    (tmp_path / KEY_FILE).write_text("{}")
    with pytest.raises(PageLinkError, match="restart the service"):
        page_link(network, tmp_path)


def test_on_this_machine_alone_the_address_is_enough(tmp_path: Path) -> None:
    assert page_link(Config(web=WebConfig(enabled=True)), tmp_path) == "http://127.0.0.1:8730/"


def test_a_session_lasts_30_days_or_until_the_password_changes(tmp_path: Path) -> None:
    now_s, month_s = 1000.0, 30 * 24 * 3600.0
    key_file = KeyFile(JsonFile(tmp_path / KEY_FILE))

    def at(seconds: float, *, password: str) -> Authenticator:
        return Authenticator(key_file, password, protected=True, clock=lambda: seconds)

    session = asyncio.run(at(now_s, password="rhubarb").by_password("rhubarb", "10.0.0.2"))
    assert at(now_s + month_s - 1.0, password="rhubarb").is_signed_in([session])
    assert not at(now_s + month_s + 1.0, password="rhubarb").is_signed_in([session])
    assert not at(now_s, password="marrow").is_signed_in([session])
