"""Passwords, links and sessions: what is shown to whom."""

import gc
import json
import time
from http.cookiejar import CookieJar
from types import CellType
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood
from moodpid.system.credentials import MAX_BYTES
from moodpid.web.authentication import sessions_of
from moodpid.web.login_link import one_time_link
from moodpid.web.page import PageParts
from tests.support.page import KEY, PASSWORD, PageServer, app_state, page_server

OPEN = "/api/about"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", OPEN),
        ("GET", "/api/events"),
        ("GET", "/api/day"),
        ("GET", "/api/picture/1"),
        ("GET", "/api/playlists"),
        ("GET", "/api/playlists/happy"),
        ("POST", "/api/request"),
        ("POST", "/api/classify"),
        ("GET", "/api/anything"),
    ],
)
def test_without_a_session_nothing_is_shown(locked: PageServer, method: str, path: str) -> None:
    assert (
        locked.ask(method, path, {"key": "skip", "value": "PRESS"} if method == "POST" else None).status
        == 401
    )
    assert locked.requests.drain() == []


def test_a_session_opens_the_page_and_ends_when_signed_out(locked: PageServer) -> None:
    answer = locked.sign_in()
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert locked.get(OPEN).status == 200
    assert locked.ask("DELETE", "/api/session").status == 200
    assert locked.get(OPEN).status == 401


def test_pages_on_two_ports_do_not_sign_each_other_out(locked: PageServer) -> None:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def ask(page: PageServer, method: str, content: object = None) -> bool:
        address = f"http://localhost:{page.port}/api/session"
        body = json.dumps(content).encode() if content else None
        with browser.open(Request(address, body, {"X-Moodpid": "1"}, method=method), timeout=20) as answer:
            signed_in: bool = json.load(answer)["signed_in"]
            return signed_in

    with page_server(password="another") as other:
        assert ask(locked, "POST", {"password": PASSWORD})
        assert ask(other, "POST", {"password": "another"})
        assert ask(locked, "GET")
        assert not ask(other, "DELETE")
        assert not ask(other, "GET")
        assert ask(locked, "GET")


def test_the_feed_ends_with_its_session(locked: PageServer) -> None:
    locked.sign_in()
    locked.publisher.publish(app_state(), ())
    with locked.events() as feed:
        assert feed.until("mood")
        assert locked.ask("DELETE", "/api/session").status == 200
        locked.publisher.publish(app_state(Mood.SAD), ())
        feed.read_to_the_end()


# Of other programs on the same machine
FOREIGN = [
    "theme=dark",
    'prefs={"dark": true}',
    "a/b=1",
    "user@host=x",
    "[x]=1",
    "flag",
    'v="un',
    "name=Jürgen M",
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_cookies_of_other_programs_do_not_matter(locked: PageServer, foreign: str) -> None:
    locked.sign_in()
    both = f"{foreign}; moodpid_session={locked.cookie}; z=1".encode().decode("latin-1")
    assert locked.get(OPEN, Cookie=both).status == 200
    assert locked.get(OPEN, Cookie=foreign.encode().decode("latin-1")).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        ["moodpid_session=abc="],
        *([f"{each}; moodpid_session=abc=; z=1"] for each in FOREIGN),
        ["a=1", " moodpid_session=abc="],
    ],
)
def test_a_session_is_found_among_other_cookies(headers: list[str]) -> None:
    assert sessions_of(headers) == ["abc="]
    assert sessions_of(header.replace("moodpid", "other") for header in headers) == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 76, "é", "=" * 76, "../../etc/passwd", "A" * 4000])
def test_forged_sessions_are_refused(locked: PageServer, cookie: str) -> None:
    assert locked.get(OPEN, Cookie=f"moodpid_session={cookie}".encode().decode("latin-1")).status == 401


def test_a_session_with_one_bit_changed_is_refused(locked: PageServer) -> None:
    locked.sign_in()
    session = locked.cookie
    locked.cookie = session[:20] + ("A" if session[20] != "A" else "B") + session[21:]
    assert locked.get(OPEN).status == 401


def test_passwords_cannot_be_guessed_quickly(locked: PageServer) -> None:
    statuses = [locked.sign_in(f"guess {number}").status for number in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert locked.sign_in(PASSWORD).status == 429
    token = one_time_link("http://x/", KEY).partition("#")[2]
    assert locked.post("/api/session", {"token": token}).status == 200


def test_who_guesses_through_the_proxy_locks_nobody_else_out() -> None:
    with page_server('public_url = "https://home.example"', password=PASSWORD) as page:

        def sign_in(password: str, *forwarded: str) -> int:
            return page.post(
                "/api/session",
                {"password": password},
                Host="home.example",
                Origin="https://home.example",
                X_Forwarded_For=", ".join(forwarded),
            ).status

        # What a client writes itself stands before what the proxy adds
        guesses = [sign_in("guess", f"192.168.1.{n}", "203.0.113.9") for n in range(6)]
        assert guesses == [401] * 5 + [429]
        assert sign_in(PASSWORD, "192.168.1.7") == 200


@pytest.mark.parametrize("password", [None, 7, ["x"], "", "x" * 300, PASSWORD + " ", PASSWORD.upper()])
def test_wrong_passwords_of_any_kind_are_refused(locked: PageServer, password: object) -> None:
    answer = locked.post("/api/session", {"password": password})
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers


def test_a_link_signs_in_once(locked: PageServer) -> None:
    token = one_time_link("http://x/", KEY).partition("#")[2]
    assert locked.post("/api/session", {"token": token}).status == 200
    assert locked.post("/api/session", {"token": token}).status == 401


def test_a_link_is_no_session(locked: PageServer) -> None:
    locked.cookie = one_time_link("http://x/", KEY).partition("#")[2]
    assert locked.get(OPEN).status == 401


def test_a_link_that_is_too_old_is_refused(locked: PageServer) -> None:
    token = one_time_link("http://x/", KEY, clock=lambda: time.monotonic() - 901).partition("#")[2]
    assert locked.post("/api/session", {"token": token}).status == 401


def test_on_a_network_without_password_only_links_sign_in() -> None:
    with page_server('host = "0.0.0.0"') as page:
        assert page.get(OPEN).status == 401
        assert page.sign_in("").status == 401
        token = one_time_link("http://x/", KEY).partition("#")[2]
        assert page.post("/api/session", {"token": token}).status == 200


def test_a_network_address_without_password_or_links_is_refused() -> None:
    with (
        pytest.raises(ConfigError, match="there is no password"),
        page_server('host = "0.0.0.0"', links=False),
    ):
        pass


@pytest.mark.parametrize("letter", ["a", '"'])  # which is two bytes in a request
def test_the_longest_password_that_is_read_signs_in(letter: str) -> None:
    password = letter * MAX_BYTES
    with page_server(password=password) as page:
        assert page.sign_in(password).status == 200
        assert page.sign_in(password[1:]).status == 401


def test_nothing_keeps_the_password_in_clear() -> None:
    with page_server(password=(secret := "rhubarb")) as page:
        assert page.sign_in(secret).status == 200
        kept = [each for each in gc.get_objects() if isinstance(each, PageParts) and each.password == secret]
        keepers = [one for parts in kept for one in gc.get_referrers(parts) if isinstance(one, CellType)]
        assert keepers == []
