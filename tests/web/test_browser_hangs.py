"""A page in a real browser whose connection hangs, is slow or breaks off, and in browsers of 2022."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Tab, picture

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
