"""Other sites, guessers and clients that stall get nothing, and do not disturb others."""

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.text import clean
from tests.support.page import PASSWORD, PageServer, app_state, page_server

OPEN = "/api/about"


@pytest.mark.parametrize("path", ["/", OPEN, "/static/index.html", "/api/session"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8730", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1"],
)
def test_a_name_of_others_is_refused_as_dns_rebinding(page: PageServer, host: str, path: str) -> None:
    answer = page.get(path, Host=host)
    assert answer.status in {400, 403}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost:8730", "testpi", "TESTPI.local:80", "testpi-2.local", "192.168.1.7", "[::1]:80"],
)
def test_names_and_addresses_of_this_machine_are_served(page: PageServer, host: str) -> None:
    assert page.get(OPEN, Host=host).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_reading_from_other_sites_is_refused(page: PageServer, site: str) -> None:
    assert page.get(OPEN, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403
    assert page.get("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"X_Moodpid": ""},
        {"X_Moodpid": "", "Content_Type": "text/plain"},
    ],
)
def test_changes_from_other_sites_are_refused(page: PageServer, headers: dict[str, str]) -> None:
    answer = page.post("/api/request", {"key": "skip", "value": "PRESS"}, **headers)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert page.requests.drain() == []


def test_preflights_are_not_granted(page: PageServer) -> None:
    answer = page.ask(
        "OPTIONS", "/api/request", Origin="https://evil.example", Access_Control_Request_Method="POST"
    )
    assert answer.status in {403, 405}
    assert not any(name.startswith("Access-Control") for name in answer.headers)


def test_through_a_proxy_only_a_protected_page_is_served(page: PageServer, locked: PageServer) -> None:
    assert page.get(OPEN, X_Forwarded_For="192.168.1.9").status == 403
    locked.sign_in()
    assert locked.get(OPEN, X_Forwarded_For="192.168.1.9").status == 200


def test_a_proxy_s_name_is_allowed_by_configuration() -> None:
    text = 'public_url = "https://home.example"'
    with page_server(text, password=PASSWORD) as page:
        answer = page.post(
            "/api/session", {"password": PASSWORD}, Host="home.example", Origin="https://home.example"
        )
        assert answer.status == 200
        assert "Secure" in answer.headers["Set-Cookie"]
        assert page.get("/", Host="other.example").status == 403


def test_beside_its_proxy_the_page_lets_people_sign_in() -> None:
    with page_server('host = "0.0.0.0"\npublic_url = "https://testpi.local"', password=PASSWORD) as page:
        cookies = {}
        for scheme, host in (("https", "testpi.local"), ("http", "testpi.local:8730")):
            origin = f"{scheme}://{host}"
            answer = page.post("/api/session", {"password": PASSWORD}, Host=host, Origin=origin)
            assert answer.status == 200
            cookies[scheme] = answer.headers["Set-Cookie"]
        # A browser drops a Secure cookie of http, and any that would replace a Secure one
        assert "Secure" in cookies["https"].split("; ")
        assert "Secure" not in cookies["http"].split("; ")
        names = {cookie.partition("=")[0] for cookie in cookies.values()}
        assert len(names) == 2
        both = "; ".join(cookie.partition(";")[0] for cookie in cookies.values())
        spent = cookies["https"].partition(";")[0]
        assert page.ask("DELETE", "/api/session", Cookie=spent).status == 200
        assert page.get(OPEN, Cookie=spent).status == 401
        assert page.get(OPEN, Cookie=both).status == 200


def test_behind_a_proxy_without_headers_people_sign_in() -> None:
    with page_server('public_url = "https://home.example"') as page:
        assert page.get("/api/about").status == 401
        assert page.get("/api/about", Host="home.example").status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../../../etc/passwd",
        "/static/..%2f..%2f__init__.py",
        "/static/%2e%2e/__init__.py",
        "/static//etc/passwd",
        "/static/index.html%00.js",
        "/static/",
        "/api/picture/../about",
        "/__init__.py",
    ],
)
def test_nothing_but_the_files_of_the_page_can_be_fetched(page: PageServer, path: str) -> None:
    answer = page.get(path)
    assert answer.status in {400, 404}
    assert b"root:" not in answer.body
    assert b"import" not in answer.body


@pytest.mark.parametrize(
    "path", ["/api/playlists/a%0d%0aSet-Cookie:%20x=1", "/%0d%0aX-Evil:%201", "/x%0aX-Evil: 1"]
)
def test_addresses_cannot_inject_headers(page: PageServer, path: str) -> None:
    with page.connect() as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"x-evil" not in head
    assert b"set-cookie" not in head


@given(st.text(max_size=60))
def test_any_title_arrives_as_itself_and_cannot_forge_events(page: PageServer, title: str) -> None:
    title = clean(f"{title}\r\n\r\nevent: now\ndata: 1\n\n")
    page.publisher.publish(app_state(title=title), ())
    with page.events() as events:
        while events.until("player")["title"] != title:
            pass


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])
def test_other_methods_are_refused(page: PageServer, method: str) -> None:
    assert page.ask(method, OPEN).status in {400, 403, 404, 405}


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_or_refused(page: PageServer, sent: bytes) -> None:
    with page.connect() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.makefile("rb").read()
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_any_json_is_answered_and_never_a_fault(page: PageServer, content: object) -> None:
    raw = json.dumps(content).encode()
    assert page.ask("POST", "/api/request", raw=raw).status in {400, 422}
    assert page.ask("POST", "/api/request", raw=b"[" * 5000).status == 400
