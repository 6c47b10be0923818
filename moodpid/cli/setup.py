"""The verb `setup`: ask for name, camera, player and broker, try each, and write the configuration."""

import argparse
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from msgspec import structs

from moodpid import wiring
from moodpid.cli.dialogue import Dialogue, NoAnswerError, Terminal, Unattended
from moodpid.cli.output import print_error, print_line
from moodpid.config import DEFAULT_PATH, CameraSource, Config, parse
from moodpid.config.edit import changes, set_keys
from moodpid.doctor.discovery import (
    MPD_PORT,
    MQTT_PORT,
    Address,
    FoundCamera,
    find_broker,
    find_camera,
    find_player,
    format_place,
    parse_place,
)
from moodpid.errors import ConfigError, ExitCode
from moodpid.state import Finding
from moodpid.system.private_file import replace_text, write_secret
from moodpid.system.raspberry_pi import read_machine
from moodpid.system.systemctl import read_unit, restart_unit

NONE: Final = "-"  # the answer for "there is none"
_KEYS: Final = {
    "device": ("id", "name"),
    "camera": ("source", "device"),
    "player": ("enabled", "host", "port", "password_file"),
    "mqtt": ("enabled", "host", "port", "username", "password_file"),
}

Check = Callable[[Config], list[Finding]]


class Surroundings(Protocol):
    """What setup asks of the machine: what is here, and whether it works."""

    def camera(self) -> FoundCamera:
        """Return the camera that is found, or the kind that could be used."""

    def player(self) -> Address | None:
        """Return the MPD that is found."""

    def broker(self) -> Address | None:
        """Return the broker that is found."""

    def checks(self) -> Mapping[str, Check]:
        """Return doctor's checks of `camera`, `player` and `broker`."""


class ThisMachine:
    """The machine that the program runs on."""

    def camera(self) -> FoundCamera:
        """Return the camera that is found, or the kind that could be used."""
        return find_camera(read_machine())

    def player(self) -> Address | None:
        """Return the MPD that is found."""
        return find_player()

    def broker(self) -> Address | None:
        """Return the broker that is found."""
        return find_broker()

    def checks(self) -> Mapping[str, Check]:
        """Return doctor's checks of `camera`, `player` and `broker`."""
        from moodpid.doctor.servers import check_broker, check_player
        from moodpid.doctor.vision import check_camera

        return {
            "camera": lambda config: [check_camera(config, read_machine(), read_unit())],
            "player": lambda config: list(check_player(config)),
            "broker": lambda config: list(check_broker(config)),
        }


def setup(options: argparse.Namespace) -> ExitCode:
    """Ask, try, and write the configuration; then restart the service, if it is installed."""
    dialogue: Dialogue = Unattended() if options.yes or not sys.stdin.isatty() else Terminal()
    path = options.config or DEFAULT_PATH
    try:
        well = Setup(options, path, dialogue=dialogue, here=ThisMachine()).run()
    except (NoAnswerError, EOFError):
        print_error("nothing was written")
        return ExitCode.SOME_FAILED
    except PermissionError as error:
        print_error(f"{error.filename}: {error.strerror}; try: sudo moodpid setup")
        return ExitCode.SOME_FAILED
    if path == DEFAULT_PATH and restart_unit():
        print_line("moodpid.service is restarted; systemctl status moodpid shows how it is")
    return ExitCode.OK if well else ExitCode.SOME_FAILED


class Setup:
    """One configuration in the making.

    Args:
        options: Of the command line, as `moodpid.cli.commands` defines them.
        dialogue: Asks the user, or takes the defaults.
        here: What is found, and the checks.
        path: The configuration file.
    """

    def __init__(
        self, options: argparse.Namespace, path: Path, *, dialogue: Dialogue, here: Surroundings
    ) -> None:
        self._options = options
        self._dialogue = dialogue
        self._here = here
        self._path = path
        self._config = Config()
        self._well = True

    def run(self) -> bool:
        """Ask and write; returns whether all that was tried works.

        Raises:
            NoAnswerError: The user does not want the existing configuration to be replaced.
            OSError: A file cannot be written.
        """
        default = (wiring.BUNDLED_MODEL.parent / "moodpid.toml").read_text(encoding="utf-8")
        old = self._may_replace(default)
        os.environ["CREDENTIALS_DIRECTORY"] = str(self._path.parent)  # where the passwords are written
        self._set_name()
        self._set_camera()
        self._set_player()
        self._set_broker()
        text = set_keys(default, changes(self._config, _KEYS))
        parse(text, str(self._path))  # a fault here is a bug, and is found before anything is written
        if old is not None:
            replace_text(self._path.with_name(f"{self._path.name}.old"), old)
        replace_text(self._path, text)
        self._dialogue.show(f"written: {self._path}; what else can be set stands there as a comment")
        return self._well

    def _may_replace(self, default: str) -> str | None:
        """Return the existing configuration, of which a copy is to be kept; None if it is the default."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        if text == default:
            return None
        question = f"{self._path} exists and was changed. Replace it (a copy is kept)?"
        if not (self._options.replace or self._dialogue.confirm(question, unattended=False)):
            self._dialogue.show(f"{self._path} stays as it is; --replace would replace it")
            raise NoAnswerError
        return text

    def _set_name(self) -> None:
        name = self._answer(self._options.name, "Name of this device in the home", "moodpid")
        device = structs.replace(self._config.device, name=name, id=identifier(name))
        self._config = structs.replace(self._config, device=device)

    def _set_camera(self) -> None:
        found = self._here.camera()
        given = None if self._options.camera == "auto" else self._options.camera
        if not found.connected and given is None:
            self._dialogue.show(
                "no camera is found: connect one and run this again, or set [camera] source = "
                '"recording" to try moodpid without one'
            )
        kinds = ", ".join(CameraSource)

        def apply(answer: str) -> Config:
            kind = CameraSource(answer)
            device = found.device if kind is found.source else 0
            return structs.replace(
                self._config, camera=structs.replace(self._config.camera, source=kind, device=device)
            )

        self._ask_and_try("camera", given, f"Camera ({kinds})", str(found.source), apply)

    def _set_player(self) -> None:
        found = self._here.player()
        default = format_place(found or Address("localhost", MPD_PORT), MPD_PORT)
        title = f"MPD (host or host:port, {NONE}: none)"
        place = self._answer(self._options.player, title, default)
        password = ""
        if place != NONE:
            password = self._save_password("mpd-password", self._options.player_password_file, ask=True)

        def apply(answer: str) -> Config:
            if answer == NONE:
                return structs.replace(
                    self._config, player=structs.replace(self._config.player, enabled=False)
                )
            there = parse_place(answer, MPD_PORT)
            part = structs.replace(
                self._config.player, host=there.host, port=there.port, password_file=password
            )
            return structs.replace(self._config, player=part)

        self._ask_and_try("player", place, title, default, apply)

    def _set_broker(self) -> None:
        found = self._here.broker()
        default = format_place(found, MQTT_PORT) if found else NONE
        title = f"MQTT broker (host or host:port, {NONE}: none)"
        place = self._answer(self._options.broker, title, default)
        password, username = "", ""
        if place != NONE:
            username = self._answer(self._options.broker_username, "  its user name (empty: none)", "")
            password = self._save_password(
                "mqtt-password", self._options.broker_password_file, ask=bool(username)
            )

        def apply(answer: str) -> Config:
            if answer == NONE:
                return structs.replace(self._config, mqtt=structs.replace(self._config.mqtt, enabled=False))
            there = parse_place(answer, MQTT_PORT)
            part = structs.replace(
                self._config.mqtt,
                host=there.host,
                port=None if there.port == MQTT_PORT else there.port,
                username=username,
                password_file=password,
            )
            return structs.replace(self._config, mqtt=part)

        self._ask_and_try("broker", place, title, default, apply)

    def _answer(self, given: str | None, question: str, default: str) -> str:
        return given if given is not None else self._dialogue.ask(question, default)

    def _ask_and_try(
        self, part: str, given: str | None, question: str, default: str, apply: Callable[[str], Config]
    ) -> None:
        """Ask until the answer works, or is to be kept although it does not."""
        while True:
            answer = self._answer(given, question, default)
            try:
                config = apply(answer)
                findings = self._here.checks()[part](config)
            except (ConfigError, ValueError) as error:
                findings = [Finding(False, part, str(error), "")]
                config = self._config
            for finding in findings:
                remedy = f"\n         try: {finding.remedy}" if finding.remedy else ""
                state = "ok  " if finding.ok else "BAD "
                self._dialogue.show(f"  {state} {finding.subject}: {finding.message}{remedy}")
            good = all(finding.ok for finding in findings)
            if good or self._dialogue.confirm("Keep it all the same?", unattended=True):
                self._config, self._well = config, self._well and good
                return
            given = None

    def _save_password(self, name: str, source: Path | None, *, ask: bool = False) -> str:
        """Write a password beside the configuration; returns what `password_file` has to be."""
        if source is not None:
            secret = source.read_text(encoding="utf-8").rstrip("\r\n")
        else:
            secret = self._dialogue.ask_secret("  its password (empty: none)") if ask else ""
        if not secret:
            return ""
        file = self._path.with_name(name)
        write_secret(file, secret + "\n", group="moodpid")
        return "" if self._path == DEFAULT_PATH else str(file)


def identifier(name: str) -> str:
    """Return the part of the MQTT topics for a name of people: small letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].rstrip("-") or "moodpid"
