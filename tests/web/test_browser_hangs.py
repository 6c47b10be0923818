"""A page in a real browser whose connection hangs, is slow or breaks off, and in browsers of 2022."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from moodpid.state import AimHint, CameraView, FaceInView
from moodpid.web.login_link import one_time_link
from tests.support.browser import Held, Tab, picture, tab
from tests.support.page import KEY, PageServer, app_state, camera_view, page_server

# The value exists from Chrome 112, Firefox 111 and Safari 17 on
OLDER_BROWSER = """
const open = window.createImageBitmap;
window.createImageBitmap = (file, options) => {
    if (options?.imageOrientation === "from-image") return Promise.reject(new TypeError("no such value"));
    return open(file, options);
};
"""


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(400, 300))
    return path


def test_pictures_are_read_in_browsers_of_2022(opened: Tab, jpeg: Path) -> None:
    opened.page.add_init_script(OLDER_BROWSER)
    opened.show("try")
    opened.page.locator("input[type=file]").first.set_input_files(jpeg)
    expect(opened.page.locator(".try [role=status]")).to_contain_text("No face was found")


def test_a_picture_that_could_not_be_sent_is_not_broken(opened: Tab, jpeg: Path) -> None:
    opened.page.route(re.compile("api/classify"), lambda route: route.abort())
    opened.show("try")
    opened.page.locator("input[type=file]").first.set_input_files(jpeg)
    expect(opened.page.locator(".try [role=status]")).to_contain_text("No connection")
    opened.complaints.clear()  # of the request that was lost


def test_a_picture_that_cannot_be_opened_is_called_broken(opened: Tab, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    opened.show("try")
    opened.page.locator("input[type=file]").first.set_input_files(tmp_path / "a.jpg")
    expect(opened.page.locator(".try [role=status]")).to_have_text("The browser cannot open this picture.")


def test_a_request_without_an_answer_is_given_up(opened: Tab) -> None:
    held = Held()
    opened.page.clock.install()
    opened.page.route(re.compile("api/request"), held)
    opened.show("settings")
    watch = opened.page.get_by_label("Watch", exact=True)
    expect(watch).to_be_checked()
    watch.click()
    held.wait_for(1, opened.page)
    expect(watch).not_to_be_checked()
    opened.page.clock.run_for(36_000)
    expect(opened.page.locator(".toast")).to_contain_text("No connection")
    expect(watch).to_be_checked()


def test_a_picture_that_never_comes_holds_no_other_up(opened: Tab, server: PageServer) -> None:
    held = Held()
    opened.page.clock.install()
    opened.page.route(re.compile("api/picture/"), held)
    with opened.page.expect_response(lambda response: "api/events?view=1" in response.url):
        opened.show("now")
    for number in (1, 2):
        view = camera_view(picture(640, 480))
        server.publisher.publish(app_state(title=f"number {number}", view=view), ())
        expect(opened.page.locator(".song-title")).to_have_text(f"number {number}")
    held.wait_for(1, opened.page)
    opened.page.clock.run_for(16_000)
    held.wait_for(2, opened.page)
    held.routes[1].fulfill(content_type="image/jpeg", body=picture(640, 480))
    expect(opened.page.locator(".stage img")).not_to_have_class("away")


def test_a_pasted_password_is_not_cut(browser: Browser) -> None:
    password = "x" * 300
    with page_server(password=password) as locked, tab(browser, f"http://127.0.0.1:{locked.port}/") as opened:
        opened.page.goto(opened.root)
        opened.page.locator("#password").focus()
        opened.page.keyboard.insert_text(password)
        opened.page.keyboard.press("Enter")
        opened.page.locator("nav").wait_for()


def test_the_button_that_turns_stays_while_faces_move(opened: Tab, server: PageServer) -> None:
    def publish(width_px: int) -> None:
        face = FaceInView(0.4, 0.3, 0.2, 0.25, width_px)
        view = CameraView(0.0, 640, 480, (face,), (AimHint.TURNED,), 90)
        server.publisher.publish(app_state(view=view), ())
        expect(opened.page.locator(".face-tag")).to_have_text(f"{width_px} px")

    with opened.page.expect_response(lambda response: "api/events?view=2" in response.url):
        opened.show("aim")
    publish(120)
    turn = opened.page.locator(".hints button").element_handle()
    publish(121)
    assert turn.evaluate("button => button.isConnected")


def test_a_link_is_kept_until_the_service_has_answered(locked: PageServer, browser: Browser) -> None:
    root = f"http://127.0.0.1:{locked.port}/"
    with tab(browser, root) as opened:
        opened.page.route(re.compile("api/session"), lambda route: route.abort(), times=1)
        opened.page.goto(one_time_link(root, KEY))
        opened.page.locator("nav").wait_for()
        assert opened.page.url == root
        opened.complaints.clear()  # of the request that was lost


def test_a_link_that_is_spent_leaves_the_address(locked: PageServer, browser: Browser) -> None:
    root = f"http://127.0.0.1:{locked.port}/"
    link = one_time_link(root, KEY)
    assert locked.post("/api/session", {"token": link.partition("#")[2]}).status == 200
    with tab(browser, root) as opened:
        opened.page.goto(link)
        expect(opened.page.get_by_role("alert")).to_contain_text("used already")
        assert opened.page.url == root
        opened.complaints.clear()  # of the refusal


def test_signing_out_in_vain_is_shown(locked: PageServer, browser: Browser) -> None:
    root = f"http://127.0.0.1:{locked.port}/"
    with tab(browser, root) as opened:
        opened.page.goto(one_time_link(root, KEY))
        sign_out = opened.page.get_by_role("button", name="Sign out")
        sign_out.wait_for()  # signed in, by a request to the same address
        opened.page.route(re.compile("api/session"), lambda route: route.abort())
        sign_out.click()
        expect(opened.page.locator(".toast")).to_contain_text("No connection")
        opened.complaints.clear()  # of the request that was lost
