"""The page shows the state, passes requests on, and makes nothing while no page is open."""

import gc
import socket
import warnings
from contextlib import ExitStack
from dataclasses import replace

import pytest

from moodpid.channels import SharedValue
from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood
from moodpid.requests import Button, ChangeSetting, PressButton
from moodpid.state import CameraStatus, Settings, ViewLevel
from moodpid.web.access import SECURITY_HEADERS
from moodpid.web.day import DayLog
from moodpid.web.feed import MAX_PAGES, Feed
from moodpid.web.listen_address import PageAddress, listen
from moodpid.web.publisher import WebPublisher
from tests.support.page import JPEG, app_state, camera_view, page_server
from tests.support.servers import free_port


def test_the_page_comes_with_headers_that_keep_others_out() -> None:
    with page_server() as page:
        answer = page.get("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert SECURITY_HEADERS.items() <= answer.headers.items()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_files_are_asked_for_again_and_not_sent_again() -> None:
    with page_server() as page:
        first = page.get("/static/index.html")
        again = page.get("/static/index.html", If_None_Match=first.headers["ETag"])
    assert (first.status, again.status, again.body) == (200, 304, b"")


def test_a_new_page_gets_the_whole_state_then_changes() -> None:
    with page_server() as page:
        page.publisher.publish(app_state(title="First"), ())
        with page.events() as events:
            state = events.until("player")
            assert state["title"] == "First"
            page.publisher.publish(app_state(Mood.SAD, title="First"), ())
            message = events.next()
            while "mood" not in message or message["mood"]["mood"] != "sad":
                message = events.next()
            assert message["mood"]["confidence"] == pytest.approx(0.8)
            assert message["mood"]["place"][0] < 0
            assert "camera" not in message


def test_a_state_without_a_mood_is_shown_too() -> None:
    with page_server() as page:
        state = app_state()
        page.publisher.publish(type(state)(state.camera, state.player), ())
        with page.events() as events:
            message = events.next()
            while "mood" not in message:
                message = events.next()
            assert message["mood"] is None
            assert message["camera"]["status"] == CameraStatus.WATCHING


def test_the_main_loop_learns_what_the_open_pages_want() -> None:
    with page_server() as page:
        assert page.view_level.get() is ViewLevel.NOTHING
        with page.events(view=1) as first:
            page.publisher.publish(app_state(), ())
            first.next()
            assert page.view_level.get() is ViewLevel.FACES
            with page.events(view=2) as second:
                second.next()
                assert page.view_level.get() is ViewLevel.AIM


def test_one_page_too_many_is_refused_and_can_ask_why() -> None:
    with page_server() as page, ExitStack() as others:
        assert page.get("/api/session").json["problem"] == ""
        for _ in range(MAX_PAGES):
            others.enter_context(page.events())
        refused = page.get("/api/events")
        assert refused.status == 503
        assert page.get("/api/session").json["problem"] == refused.json["error"]


def test_pictures_come_by_number_and_go_with_the_last_viewer() -> None:
    with page_server() as page, page.events(view=1) as events:
        page.publisher.publish(app_state(view=camera_view()), ())
        frame = events.until("frame")
        assert frame["picture"] is True
        assert frame["faces"][0]["emotion"] == "happy"
        answer = page.get(f"/api/picture/{frame['number']}")
        assert (answer.status, answer.body) == (200, JPEG)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"
        assert page.get("/api/picture/999").body == JPEG  # the newest stands in for one that is gone
        page.publisher.publish(app_state(view=None), ())
        assert events.until("frame") is None
        assert page.get(f"/api/picture/{frame['number']}").status == 204


def test_without_leave_there_is_no_picture_but_there_are_outlines() -> None:
    with page_server() as page, page.events(view=1) as events:
        page.publisher.publish(app_state(view=camera_view(picture=None)), ())
        frame = events.until("frame")
        assert frame["picture"] is False
        assert frame["faces"]
        assert page.get(f"/api/picture/{frame['number']}").status == 204


def test_a_page_that_does_not_watch_gets_no_looks() -> None:
    with page_server() as page, page.events(view=0) as events:
        page.publisher.publish(app_state(title="One", view=camera_view()), ())
        assert "frame" not in events.next()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("enabled", "OFF", ChangeSetting("enabled", value=False)),
        ("override", "sad", ChangeSetting("override", Mood.SAD)),
        ("override", "automatic", ChangeSetting("override", None)),
        ("dwell_s", "12", ChangeSetting("dwell_s", 12.0)),
        ("skip", "PRESS", PressButton(Button.SKIP)),
    ],
)
def test_requests_reach_the_queue_as_those_of_mqtt_do(key: str, value: str, expected: object) -> None:
    with page_server() as page:
        answer = page.post("/api/request", {"key": key, "value": value})
        assert answer.status == 202
        assert page.requests.drain(1.0) == [expected]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"key": "enabled", "value": "perhaps"}, 422),
        ({"key": "dwell_s", "value": "1e999"}, 422),
        ({"key": "dwell_s", "value": 3}, 422),
        ({"key": "password", "value": "x"}, 422),
        ({"key": ["enabled"], "value": "ON"}, 422),
        (["enabled"], 400),
        (None, 400),
    ],
)
def test_requests_that_are_not_valid_change_nothing(content: object, status: int) -> None:
    with page_server() as page:
        answer = page.post("/api/request", content)
        assert answer.status == status
        assert answer.json["error"]
        assert page.requests.drain() == []


def test_a_full_queue_is_reported() -> None:
    with page_server() as page:
        statuses = [page.post("/api/request", {"key": "skip", "value": "PRESS"}).status for _ in range(34)]
        assert statuses[:32] == [202] * 32
        assert statuses[32:] == [503, 503]


def test_every_field_of_the_table_is_described() -> None:
    with page_server() as page:
        about = page.get("/api/about").json
    kinds = {field["key"]: field["kind"] for field in about["fields"]}
    assert kinds["enabled"] == "switch"
    assert kinds["misfit"] == "button"
    (override,) = [field for field in about["fields"] if field["key"] == "override"]
    assert override["options"][0] == "automatic"
    assert about["moods"]["happy"] == [0.8, 0.5]
    assert about["min_face_px"] == 64


def test_lists_and_next_songs_come_from_the_player() -> None:
    with page_server() as page:
        assert page.get("/api/playlists").json[0]["mood"] == "happy"
        assert page.get("/api/playlists/sad").json[0]["mood"] == "sad"
        assert page.get("/api/playlists/gloomy").status == 404


def test_the_next_songs_follow_the_settings_of_now() -> None:
    with page_server() as page, page.events() as events:
        page.publisher.publish(replace(app_state(), settings=Settings(strategy="lift")), ())
        events.until("settings")
        assert page.get("/api/playlists/sad").json[0]["why"] == "lift"


def test_a_picture_is_classified_and_a_broken_one_refused() -> None:
    with page_server() as page:
        good = page.ask("POST", "/api/classify", raw=JPEG)
        broken = page.ask("POST", "/api/classify", raw=b"GIF89a")
    assert (good.status, good.json["faces"]) == (200, [])
    assert (broken.status, broken.json["error"]) == (422, "the picture: not a picture that OpenCV can read")


def test_below_a_base_path_everything_lies_there() -> None:
    with page_server('base_path = "/mood/room"') as page:
        assert page.get("/").status == 200
        assert page.get("/api/about").status == 200
        page.base_path = ""
        assert page.get("/").status == 404
        redirect = page.get("/mood/room")
        assert (redirect.status, redirect.headers["Location"]) == (308, "room/")


def test_a_port_in_use_ends_the_start_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: another program has it"):
            listen(PageAddress("127.0.0.1", port))


def unserved(port: int) -> WebPublisher:
    """Return a publisher that listens, and that no test starts."""
    return WebPublisher(
        PageAddress("127.0.0.1", port),
        fields=(),
        feed=Feed(SharedValue(ViewLevel.NOTHING)),
        day=DayLog(),
        make_application=lambda _: pytest.fail("it serves"),
    )


def test_a_page_whose_port_is_in_use_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(ConfigError):
            unserved(other.getsockname()[1])
        gc.collect()
    assert [str(warning.message) for warning in left_open] == []


def test_a_page_that_never_started_gives_its_port_back() -> None:
    publisher = unserved(free_port())
    port = publisher.port
    publisher.stop()
    assert publisher.join(1)
    socket.create_server(("127.0.0.1", port)).close()
