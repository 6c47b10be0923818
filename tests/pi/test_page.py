"""The page, served from inside the sandbox of the unit."""

import json
from collections.abc import Iterator

import pytest

from tests.support.pi import Pi

pytestmark = pytest.mark.timeout(240)

PAGE = '\n[web]\nenabled = true\npicture = true\nhost = "0.0.0.0"\n'
# Signs in with what it is given and asks for the page's facts; prints the two statuses and the name
VISIT = """python3 - <<'END OF SCRIPT'
import json, urllib.error, urllib.request

def ask(path, **headers):
    data = headers.pop("data", None)
    request = urllib.request.Request("http://127.0.0.1:8730/api/" + path, data, {"X-Moodpid": "1", **headers})
    try:
        return urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        return error

signed_in = ask("session", data=json.dumps(CONTENT).encode())
about = ask("about", Cookie=(signed_in.headers["Set-Cookie"] or "").partition(";")[0])
print(json.dumps([signed_in.status, about.status, json.load(about).get("version", "")]))
END OF SCRIPT"""


def visit(pi: Pi, **content: str) -> list[object]:
    answer: list[object] = json.loads(pi.tell(VISIT.replace("CONTENT", repr(content))))
    return answer


@pytest.fixture(scope="module")
def page(pi: Pi) -> Iterator[Pi]:
    if pi.run("python3 -c 'import aiohttp'", check=False).returncode != 0:
        pytest.skip("python3-aiohttp is not in this system: tools/pi/test puts it there")
    pi.configure(PAGE)
    since = pi.restart()
    pi.wait_until_logged("the page is at", since)
    yield pi
    pi.run("rm -f /etc/moodpid/web-password")
    pi.configure()
    pi.restart()
    pi.wait_until_well()


def test_a_link_signs_in_once(page: Pi) -> None:
    link = page.tell("moodpid web").strip()
    token = link.partition("#")[2]
    assert visit(page, token=token)[:2] == [200, 200]
    assert visit(page, token=token)[:2] == [401, 401]


def test_a_password_as_a_credential_signs_in(page: Pi) -> None:
    page.write("/etc/moodpid/web-password", "secret word")
    page.run("chgrp moodpid /etc/moodpid/web-password && chmod 640 /etc/moodpid/web-password")
    since = page.restart()
    page.wait_until_logged("the page is at", since)
    assert visit(page, password="guess")[:2] == [401, 401]
    assert visit(page, password="secret word")[:2] == [200, 200]


def test_the_page_changes_nothing_about_the_sandbox(page: Pi) -> None:
    shown = page.run("systemd-analyze security --no-pager moodpid.service | tail -1").stdout
    assert float(shown.split(":")[1].split()[0]) <= 1.5
    found = [
        json.loads(line) for line in page.tell("runuser -u moodpid -- moodpid doctor --json").splitlines()
    ]
    (finding,) = [one for one in found if one["subject"] == "page"]
    assert finding["ok"]
    assert "answers at" in finding["message"]
