"""A page in a real browser whose requests are slow, refused or lost never shows what is not so."""

import json
import re
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from moodpid.mood.emotion import Mood
from moodpid.requests import ChangeSetting
from moodpid.state import CameraState, CameraStatus, PlayerState, PlayerStatus, Settings, without_stale_faces
from moodpid.web.feed import MAX_PAGES
from moodpid.web.login_link import one_time_link
from tests.support.browser import PHONE, Held, Tab, picture, tab
from tests.support.page import KEY, PASSWORD, PageServer, app_state, camera_view, page_server
from tests.support.servers import free_port

STATIC = Path(__file__).parents[2] / "moodpid" / "web" / "static"
BUSY = json.dumps({"error": "too many requests at once: try again"})
FACE = {
    "x": 0.4,
    "y": 0.3,
    "width": 0.2,
    "height": 0.25,
    "emotion": "happy",
    "confidence": 1.0,
    "scores": {"happy": 1.0},
}


# How many answers the page has read and dealt with
COUNT_ANSWERS = """
window.answers = 0;
const read = Response.prototype.json;
Response.prototype.json = function () {
    const answer = read.call(this);
    answer.finally(() => setTimeout(() => { window.answers += 1; }));
    return answer;
};
"""


def refused(route: Route) -> None:
    route.fulfill(status=503, content_type="application/json", body=BUSY)


def test_a_link_pasted_beside_the_sign_in_signs_in(browser: Browser) -> None:
    with page_server(password=PASSWORD) as locked:
        root = f"http://127.0.0.1:{locked.port}/"
        with tab(browser, root) as opened:
            opened.page.goto(root)
            opened.page.locator("#password").wait_for()
            opened.page.evaluate("link => { location.href = link; }", one_time_link(root, KEY))
            opened.page.locator("nav").wait_for()


def test_a_picture_that_comes_late_is_not_shown_any_more(opened: Tab, server: PageServer) -> None:
    held = Held()
    opened.page.route(re.compile("api/picture/"), held)
    # Only what is seen from here on is sent
    with opened.page.expect_response(lambda response: "api/events?view=1" in response.url):
        opened.show("now")
    server.publisher.publish(app_state(view=camera_view(picture(640, 480))), ())
    held.wait_for(1, opened.page)
    off = CameraState(CameraStatus.OFF)
    server.publisher.publish(replace(app_state(), camera=off, view=None), ())
    expect(opened.page.locator(".trouble")).to_have_text("The camera is off")
    for route in held.routes:
        route.fulfill(content_type="image/jpeg", body=picture(640, 480))
    opened.page.evaluate("document.querySelector('.stage img').decode().catch(() => {})")
    expect(opened.page.locator(".stage img")).to_have_class("away")
    expect(opened.page.locator(".stage rect")).to_have_count(0)


def test_a_switch_is_not_taken_for_the_configuration(opened: Tab, server: PageServer) -> None:
    server.publisher.publish(replace(app_state(), player=PlayerState(PlayerStatus.DISABLED)), ())
    opened.show("now")
    expect(opened.page.locator(".player-card h2")).to_have_text("moodpid leaves the player alone")


def test_a_refused_mood_does_not_stay_chosen(opened: Tab) -> None:
    opened.show("now")
    opened.page.route(re.compile("api/request"), refused)
    opened.page.select_option("#set-mood", "sad")
    expect(opened.page.locator(".toast")).to_have_text("too many requests at once: try again")
    expect(opened.page.locator("#set-mood")).to_have_value("automatic")
    opened.complaints.clear()  # of the refusal


def test_of_a_mood_that_is_gone_nothing_is_left(opened: Tab, server: PageServer) -> None:
    opened.show("now")
    expect(opened.page.locator(".mood-since")).not_to_be_empty()
    starting = CameraState(CameraStatus.STARTING)
    server.publisher.publish(replace(app_state(), mood=None, observed_mood=None, camera=starting), ())
    expect(opened.page.locator(".mood-since")).to_be_empty()


def test_a_mood_of_the_past_is_not_shown_as_present(opened: Tab, server: PageServer) -> None:
    opened.show("now")
    expect(opened.page.locator(".mood-since")).to_contain_text("1 face")
    dark = CameraState(CameraStatus.DARK)
    server.publisher.publish(replace(app_state(), camera=dark, room_known=False), ())
    expect(opened.page.locator(".mood-since")).to_have_text(re.compile("^as it was .* ago$"))
    expect(opened.page.locator(".top .value")).to_have_text("0 %")
    expect(opened.page.locator(".here")).to_have_class(re.compile("away"))


def test_an_override_in_the_dark_shows_no_bars(opened: Tab, server: PageServer) -> None:
    opened.show("now")
    expect(opened.page.locator(".top .value")).to_have_text("80 %")
    dark, happy = CameraState(CameraStatus.DARK), Settings(override=Mood.HAPPY)
    state = replace(app_state(), camera=dark, settings=happy, room_known=False)
    server.publisher.publish(without_stale_faces(state), ())
    expect(opened.page.locator(".mood-since")).to_have_text("for a moment · set by hand")
    expect(opened.page.locator(".beliefs .value")).to_have_text(["0 %"] * 7)


def test_switches_are_seen_where_colours_cannot_be_mixed(browser: Browser, server: PageServer) -> None:
    style = STATIC.joinpath("page.css").read_text(encoding="utf-8").replace("color-mix(", "no-such(")
    with tab(browser, f"http://127.0.0.1:{server.port}/", PHONE) as other:
        other.page.route("**/page.css", lambda route: route.fulfill(body=style, content_type="text/css"))
        other.show("settings")
        other.page.reload()
        for part in ("body", "[role=switch]", ".rail"):
            ground = other.page.locator(part).first.evaluate("e => getComputedStyle(e).backgroundColor")
            assert ground != "rgba(0, 0, 0, 0)", part


def changes(server: PageServer, timeout_s: float = 0.0) -> list[ChangeSetting]:
    return [each for each in server.requests.drain(timeout_s) if isinstance(each, ChangeSetting)]


def test_a_slider_keeps_its_place_while_requests_are_answered(opened: Tab, server: PageServer) -> None:
    settings = Settings()
    wanted = settings.sensitivity + 12
    opened.show("settings")
    slider = opened.page.locator("#set-sensitivity")
    expect(slider).to_have_value(f"{settings.sensitivity:g}")
    slider.focus()
    sent: list[float] = []
    for number in range(12):
        opened.page.keyboard.press("ArrowRight")
        if number % 3 == 1:  # the service is some steps behind
            mood = Mood.SAD if number % 2 else Mood.HAPPY
            server.publisher.publish(replace(app_state(mood), settings=settings), ())
            opened.page.locator(f"body[data-mood={mood}]").wait_for()
            sent += [change.applied(settings).sensitivity for change in changes(server)]
            settings = replace(settings, sensitivity=sent[-1])
    until_s = time.monotonic() + 10.0
    while sent[-1] != wanted and time.monotonic() < until_s:
        sent += [change.applied(settings).sensitivity for change in changes(server, 1.0)]
    assert sent == sorted(sent)
    assert sent[-1] == wanted
    server.publisher.publish(replace(app_state(), settings=replace(settings, sensitivity=wanted)), ())
    expect(slider).to_have_value(f"{wanted:g}")


def test_a_second_picture_never_gets_the_first_one_s_faces(opened: Tab, tmp_path: Path) -> None:
    for name, size in (("first.jpg", (400, 300)), ("second.jpg", (300, 400))):
        (tmp_path / name).write_bytes(picture(*size))
    held = Held()
    opened.page.route(re.compile("api/classify"), held)
    opened.page.add_init_script(COUNT_ANSWERS)
    opened.show("try")
    chooser = opened.page.locator("input[type=file]").first
    for number, name in enumerate(("first.jpg", "second.jpg"), start=1):
        chooser.set_input_files(tmp_path / name)
        held.wait_for(number, opened.page)
    refused(held.routes[1])
    line = opened.page.locator(".try > .note").nth(1)
    expect(line).to_have_text("too many requests at once: try again")
    before = opened.page.evaluate("window.answers")
    held.routes[0].fulfill(json={"width": 400, "height": 300, "faces": [FACE]})
    opened.page.wait_for_function("before => window.answers > before", arg=before)
    expect(line).to_have_text("too many requests at once: try again")
    expect(opened.page.locator(".try .stage")).to_have_count(0)
    opened.complaints.clear()  # of the refusal


def test_a_page_that_could_not_begin_tries_again(opened: Tab) -> None:
    opened.page.route(re.compile("api/session$"), lambda route: route.abort(), times=1)
    opened.page.goto(opened.root)
    opened.page.locator("nav").wait_for()
    opened.complaints.clear()  # of the request that was lost


def test_over_a_restart_the_page_takes_the_new_configuration(browser: Browser) -> None:
    port = free_port()
    with ExitStack() as stack:
        with page_server("picture = false", port=port) as before:
            before.publisher.publish(app_state(), ())
            opened = stack.enter_context(tab(browser, f"http://127.0.0.1:{port}/"))
            opened.show("now")
            expect(opened.page.locator(".mood-word")).to_have_text("Happy")
            expect(opened.page.locator(".picture-card")).to_have_count(0)
        with page_server("picture = true", port=port) as after:
            after.publisher.publish(app_state(), ())
            expect(opened.page.locator(".picture-card")).to_have_count(1, timeout=20_000)
        opened.complaints.clear()


def test_one_page_too_many_shows_why_until_another_closes(browser: Browser, server: PageServer) -> None:
    with ExitStack() as others:
        for _ in range(MAX_PAGES):
            others.enter_context(server.events())
        with tab(browser, f"http://127.0.0.1:{server.port}/") as opened:
            opened.show("now")
            banner = opened.page.locator(".offline")
            expect(banner).to_have_text("too many pages are open: close one")
            others.close()
            expect(banner).to_be_empty()
            expect(opened.page.locator(".mood-word")).to_have_text("Happy")
            opened.complaints.clear()  # of the refusals


def test_a_service_that_falls_silent_is_noticed(opened: Tab) -> None:
    opened.page.clock.install()
    opened.show("now")
    expect(opened.page.locator(".mood-word")).to_have_text("Happy")
    opened.page.route(re.compile("api/"), lambda route: route.abort())
    opened.page.clock.run_for(41_000)
    expect(opened.page.locator(".offline")).to_contain_text("No connection")
    opened.complaints.clear()


def test_a_page_that_gets_messages_stays_connected(
    opened: Tab, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moodpid.web.api._PING_S", 0.5)
    opened.page.clock.install()
    opened.show("now")
    expect(opened.page.locator(".mood-word")).to_have_text("Happy")
    connections = []
    opened.page.on("request", lambda request: connections.append(request.url))
    for second in range(5):  # of the page, which waits for 40 seconds: 50
        server.publisher.publish(app_state(title=str(second)), ())
        expect(opened.page.locator(".song-title")).to_have_text(str(second))
        opened.page.wait_for_timeout(600)
        opened.page.clock.run_for(10_000)
    assert not [url for url in connections if "events" in url]


@pytest.mark.parametrize("status", [PlayerStatus.STOP, PlayerStatus.PAUSE])
def test_the_player_can_be_taken_over_while_nothing_plays(
    opened: Tab, server: PageServer, status: PlayerStatus
) -> None:
    server.publisher.publish(replace(app_state(), player=PlayerState(status)), ())
    opened.show("now")
    card = opened.page.locator(".player-card")
    expect(card.get_by_role("button", name="Skip", exact=True)).to_be_disabled()
    expect(card.get_by_role("button", name="Take over now")).to_be_enabled()


def test_a_number_between_two_marks_is_shown_as_it_is(opened: Tab, server: PageServer) -> None:
    server.publisher.publish(replace(app_state(), settings=replace(Settings(), dwell_s=2.5)), ())
    opened.show("settings")
    expect(opened.page.locator("output[for=set-dwell_s]")).to_have_text("2.5 s")
