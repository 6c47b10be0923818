"""Runs a real Home Assistant against a broker: sets it up, asks it, tells it, and reads its complaints."""

import http.client
import json
import re
import shlex
import shutil
import subprocess
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.support.processes import begin, end
from tests.support.servers import free_port

UP_S = 240.0  # the first start fetches what the integrations need
ANSWER_S = 40.0
STOP_S = 60.0
OWNER = {"name": "Owner", "username": "owner", "password": "a-Password-1", "language": "en"}

# Room for a dashboard, an automation to be made by a test, and a log that says what is wrong with MQTT
CONFIGURATION = """\
homeassistant: {{name: Home, unit_system: metric, time_zone: UTC, latitude: 52, longitude: 5, elevation: 0}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
frontend:
config:
automation: !include automations.yaml
input_boolean: {{party: {{name: Party}}}}
lovelace:
  dashboards:
    mood-card: {{mode: yaml, title: Mood, filename: dashboard.yaml}}
logger: {{default: warning, logs: {{homeassistant.components.mqtt: info}}}}
"""

T = TypeVar("T")


class HomeError(Exception):
    """Home Assistant did not start, or refused what was asked."""


class Home:
    """One Home Assistant.

    Args:
        folder: What `tools/homeassistant/install` was given.
        broker_port: Of the MQTT broker on this machine.
        automations: YAML, a list of automations to begin with.
        card: YAML, a list with the cards of a dashboard at `/mood-card`.
        blueprints: A folder of blueprints of automations, which are in it as `moodpid/NAME.yaml`.

    Attributes:
        url: Where it answers.
        token: Authorizes requests.
    """

    def __init__(
        self,
        folder: Path,
        broker_port: int,
        *,
        automations: str = "[]",
        card: str = "[]",
        blueprints: Path | None = None,
    ) -> None:
        published = json.loads((folder / "install.json").read_text(encoding="utf-8"))
        self._root, self._command = Path(published["root"]), shlex.split(published["command"])
        self._python: str = published["python"]
        self._broker_port = broker_port
        self._automations, self._card, self._blueprints = automations, card, blueprints
        self._config = folder.relative_to("/") if self._root == Path("/") else Path("root/home")
        self._inside = f"/{self._config}/config"
        self.config = self._root / self._inside.lstrip("/")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        shutil.rmtree(self.config, ignore_errors=True)
        self.config.mkdir(parents=True)
        text = CONFIGURATION.format(port=self.port) + ("history:\n" if self._card != "[]" else "")
        (self.config / "configuration.yaml").write_text(text, encoding="utf-8")
        (self.config / "automations.yaml").write_text(self._automations, encoding="utf-8")
        if self._blueprints:
            shutil.copytree(self._blueprints, self.config / "blueprints" / "automation" / "moodpid")
        dashboard = f"views:\n- title: Mood\n  cards:\n{textwrap.indent(self._card, '  ')}\n"
        (self.config / "dashboard.yaml").write_text(dashboard, encoding="utf-8")
        try:
            self.start()
            self._let_in()
            self.wait_for("it runs", lambda: self.get("/api/config")["state"] == "RUNNING", UP_S)
            self._add_mqtt()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = begin([*self._command, "-c", self._inside], self._log)
        self.wait_for("it answers", self._answers, UP_S)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            end(self._process, within_s=STOP_S)
            self._process = None

    def restart(self) -> None:
        """Stop it and start it with what it remembers."""
        self.stop()
        self.start()

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON is anything
        """What its REST interface answers to a GET."""
        return self._ask("GET", path, None)

    def post(self, path: str, published: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is anything
        """What its REST interface answers to a POST."""
        return self._ask("POST", path, json.dumps(published).encode())

    def picture(self, address: str) -> bytes:
        """What stands at the address of a picture."""
        with self._open(urllib.request.Request(self.url + address)) as answer:  # noqa: S310 - see _open
            return answer.read()

    def states(self) -> dict[str, dict[str, Any]]:
        """All states by entity id."""
        return {state["entity_id"]: state for state in self.get("/api/states")}

    def state(self, entity: str) -> str:
        """One state."""
        return str(self.get(f"/api/states/{entity}")["state"])

    def call(self, service: str, entity: str, **data: object) -> None:
        """Call a service, such as `switch.turn_on`."""
        self.post(f"/api/services/{service.replace('.', '/')}", {"entity_id": entity, **data})

    def template(self, text: str) -> str:
        """Render a template."""
        return str(self.post("/api/template", {"template": text}))

    def wait_for(self, what: str, holds: Callable[[], T], timeout_s: float) -> T:
        """What `holds` returns as soon as it is true; errors on the way count as not yet.

        Raises:
            HomeError: It did not in time.
        """
        deadline, last = time.monotonic() + timeout_s, ""
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise HomeError(f"Home Assistant ended; see {self._log}")
            try:
                if answer := holds():
                    return answer
            except (OSError, HomeError, KeyError) as error:
                last = str(error)
            time.sleep(0.05)
        raise HomeError(f"not within {timeout_s:g} s: {what}; {last}")

    def run_python(self, script: Path, published: str) -> str:
        """What a script prints that Home Assistant's own Python runs, with `published` on its input."""
        code = script.read_text(encoding="utf-8")
        command = [*shlex.split(self._python), "-c", code]
        done = subprocess.run(
            command, check=False, input=published, capture_output=True, text=True, timeout=UP_S
        )
        if done.returncode:
            raise HomeError(f"{script}: {done.stderr[-1000:]}")
        return done.stdout.strip()

    def complaints(self, about: str = "mqtt|moodpid|template") -> list[str]:
        """Warnings and errors in its log that mention `about` (a pattern), each with what follows it."""
        records = re.split(
            r"\n(?=\S*\d{4}-\d\d-\d\d )", self._log.read_text(encoding="utf-8", errors="replace")
        )
        bad = [r for r in records if re.search(r" (WARNING|ERROR|CRITICAL) |No matching payload", r)]
        return [r for r in bad if re.search(about, r, re.IGNORECASE)]

    @property
    def _log(self) -> Path:
        return self.config / "output.log"

    def _answers(self) -> bool:
        try:
            self._open(urllib.request.Request(f"{self.url}/api/onboarding")).close()  # noqa: S310 - see _open
        except urllib.error.HTTPError as error:
            return error.code == 404  # after the first start there is nothing to board
        return True

    def _let_in(self) -> None:
        client = f"{self.url}/"
        code = self.post("/api/onboarding/users", {"client_id": client, **OWNER})["auth_code"]
        form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code, "client_id": client})
        self.tokens = self._ask("POST", "/auth/token", form.encode(), "application/x-www-form-urlencoded")
        self.token = self.tokens["access_token"]
        for step in ("core_config", "analytics"):
            self.post(f"/api/onboarding/{step}", {})
        self.post("/api/onboarding/integration", {"client_id": client, "redirect_uri": client})

    def _add_mqtt(self) -> None:
        """Walk through the dialogue in which people name their broker."""
        known = {
            "broker": "127.0.0.1",
            "port": self._broker_port,
            "set_ca_cert": "off",
            "set_client_cert": False,
        }
        path = "/api/config/config_entries/flow"
        step = self.post(path, {"handler": "mqtt", "show_advanced_options": False})
        for _ in range(5):
            if step["type"] == "create_entry":
                return
            answer = (
                {"next_step_id": "broker"} if step["type"] == "menu" else _filled(step["data_schema"], known)
            )
            step = self.post(f"{path}/{step['flow_id']}", answer)
        raise HomeError(f"MQTT was not set up: {step}")

    @staticmethod
    def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
        """The URL is ours, on this machine."""
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=ANSWER_S)  # noqa: S310
        return answer

    def _ask(self, method: str, path: str, body: bytes | None, kind: str = "application/json") -> Any:  # noqa: ANN401
        headers = {"Content-Type": kind}
        request = urllib.request.Request(self.url + path, body, headers, method=method)  # noqa: S310 - see _open
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self._open(request) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise HomeError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None
        try:
            return json.loads(text)
        except ValueError:
            return text


def _filled(schema: list[dict[str, Any]], known: dict[str, Any]) -> dict[str, Any]:
    """The answers to a form: what is known, and for the rest what it proposes."""
    answers: dict[str, Any] = {}
    for question in schema:
        name = question["name"]
        if question.get("type") == "expandable":
            answers[name] = _filled(question["schema"], known)
        elif name in known:
            answers[name] = known[name]
        elif question.get("required") and "default" in question:
            answers[name] = question["default"]
    return answers
