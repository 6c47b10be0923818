"""The doctor tries the page, and other machines learn where it is."""

import socket
from typing import Any

import msgspec
import pytest

from moodpid.config import Config, WebConfig
from moodpid.doctor import web
from moodpid.doctor.web import check_page
from moodpid.system.systemctl import Unit
from moodpid.web import probe
from moodpid.web.listen_address import PageAddress
from moodpid.wiring import capabilities
from tests.support.page import PASSWORD, page_server
from tests.support.servers import free_port

RUNNING = Unit("loaded", "active", "")


def page(**values: Any) -> Config:  # noqa: ANN401 - whatever [web] takes
    return Config(web=msgspec.convert({"enabled": True, **values}, WebConfig))


def test_a_page_that_is_switched_off_is_no_fault() -> None:
    finding = check_page(Config(), None)
    assert (finding.ok, finding.message) == (True, "switched off in [web]")


def test_a_page_that_answers_is_named_with_its_address() -> None:
    with page_server(password=PASSWORD) as server:
        finding, port = check_page(page(port=server.port), RUNNING), server.port
    assert finding.ok
    assert finding.message == f"answers at http://127.0.0.1:{port}/"


def test_another_program_on_the_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.settimeout(5)
        finding = check_page(page(port=port), None)
    assert not finding.ok
    assert finding.remedy == "set another port in [web]"


def test_a_running_service_without_its_page_is_a_fault() -> None:
    finding = check_page(page(port=free_port()), RUNNING)
    assert not finding.ok
    assert "does not answer" in finding.message


def test_a_service_that_starts_has_no_page_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "listen", None)  # the service is about to take the port
    finding = check_page(page(port=free_port()), Unit("loaded", "activating", main_pid=812))
    assert finding.ok
    assert "will be at" in finding.message


def test_a_service_that_does_not_run_could_serve_the_page() -> None:
    finding = check_page(page(port=free_port()), None)
    assert finding.ok
    assert "will be at" in finding.message


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "http://127.0.0.1:8730/"),
        ({"host": "0.0.0.0"}, "http://pi.local:8730/"),  # noqa: S104
        ({"host": "::", "port": 80}, "http://pi.local:80/"),
        ({"host": "fd00::7", "base_path": "/mood"}, "http://[fd00::7]:8730/mood/"),
        ({"public_url": "https://home.example", "base_path": "/mood"}, "https://home.example/mood/"),
    ],
)
def test_the_address_for_people(values: dict[str, Any], url: str) -> None:
    assert PageAddress.of(page(**values).web, "pi.lan").url == url


def test_home_assistant_gets_an_address_that_it_can_open() -> None:
    assert capabilities(Config()).page_url == ""
    assert capabilities(page()).page_url == ""
    assert capabilities(page(host="192.168.1.7")).page_url == "http://192.168.1.7:8730/"
