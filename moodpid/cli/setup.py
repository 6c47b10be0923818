"""The verb `setup`: ask for name, camera, player and broker, try each, and write the configuration."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import structs

from moodpid import wiring
from moodpid.cli.dialogue import Dialogue, NoAnswerError, Terminal, Unattended
from moodpid.cli.output import UnwritableError, print_error, print_line
from moodpid.cli.setup_defaults import (
    camera_default,
    configured_broker,
    identifier,
    player_default,
    read_present,
    webcam_number,
)
from moodpid.cli.setup_passwords import NONE, Passwords
from moodpid.cli.surroundings import Surroundings, ThisMachine
from moodpid.config import DEFAULT_PATH, CameraSource, Config, is_installed, parse
from moodpid.config.edit import changes, set_keys
from moodpid.doctor.discovery import MPD_PORT, MQTT_PORT, format_place, parse_place
from moodpid.errors import ConfigError, ExitCode
from moodpid.state import Finding
from moodpid.system.private_file import keep_copy, replace_text, require_writable
from moodpid.system.systemctl import Restart, read_unit, restart_unit

MPD_PASSWORD: Final = "mpd-password"  # noqa: S105 - the name of its file
MQTT_PASSWORD: Final = "mqtt-password"  # noqa: S105 - likewise
_PASSWORDS: Final = {"player": MPD_PASSWORD, "broker": MQTT_PASSWORD}
_KEYS: Final = {
    "device": ("id", "name"),
    "camera": ("source", "device", "loop"),
    "player": ("enabled", "host", "port", "password_file"),
    "mqtt": ("enabled", "host", "port", "username", "password_file"),
}


def setup(options: argparse.Namespace) -> ExitCode:
    """Ask, try, and write the configuration; then restart the service, if it is installed."""
    dialogue: Dialogue = Unattended() if options.yes or not sys.stdin.isatty() else Terminal()
    path: Path = options.config or DEFAULT_PATH
    writes = False
    try:
        require_writable(path)
        with TemporaryDirectory(prefix="moodpid-setup-") as trial:
            making = Setup(options, path, dialogue=dialogue, here=ThisMachine(), trial=Path(trial))
            making.ask()
            writes = True
            well = making.write()
    except (NoAnswerError, EOFError, KeyboardInterrupt):
        print_error(
            f"interrupted in the midst of writing: look at {path}" if writes else "nothing was written"
        )
        return ExitCode.SOME_FAILED
    except (BrokenPipeError, UnwritableError):
        raise
    except OSError as error:
        remedy = "; try: sudo moodpid setup" if isinstance(error, PermissionError) else ""
        print_error(f"{error.filename or path}: {error.strerror}{remedy}")
        return ExitCode.SOME_FAILED
    if is_installed(path):
        well = _restart_service() and well
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _restart_service() -> bool:
    """Restart the service, if it is installed; returns False where it does not get ready."""
    match restart_unit():
        case Restart.DONE:
            print_line("moodpid.service is restarted; systemctl status moodpid shows how it is")
        case Restart.FAILED:
            unit = read_unit()
            why = f" ({unit.status})" if unit and unit.status else ""
            print_error(f"moodpid.service does not get ready{why}; journalctl -u moodpid tells more")
            return False
    return True


class Setup:
    """One configuration in the making.

    Args:
        options: Of the command line, as `moodpid.cli.commands` defines them.
        path: The configuration file.
        dialogue: Asks the user, or takes the defaults.
        here: What is found, and the checks.
        trial: An empty folder that only we can read, for passwords that are tried.
    """

    def __init__(
        self, options: argparse.Namespace, path: Path, *, dialogue: Dialogue, here: Surroundings, trial: Path
    ) -> None:
        self._options = options
        self._dialogue = dialogue
        self._here = here
        self._path = path
        self._trial = trial
        self._passwords = Passwords(path.parent, trial)
        self._default = (wiring.BUNDLED_MODEL.parent / "moodpid.toml").read_text(encoding="utf-8")
        self._config = Config()
        self._present = Config()  # what is there already
        self._well = True
        self._replaces = False
        self._again = False  # the first answer did not do, and with it what the command line gave

    def ask(self) -> None:
        """Ask, and try the answers.

        Raises:
            NoAnswerError: The user does not want the existing configuration to be replaced.
            OSError: A file cannot be read.
        """
        self._replaces = self._may_replace()
        self._present = read_present(self._path)
        os.environ["CREDENTIALS_DIRECTORY"] = str(self._trial)
        self._set_name()
        self._set_camera()
        self._set_player()
        self._set_broker()

    def write(self) -> bool:
        """Write what was answered; returns whether all that was tried works.

        Raises:
            OSError: A file cannot be written.
        """
        text = self._text(self._with_password_files())
        path = self._path.resolve()  # a link stays one
        if self._replaces:
            keep_copy(path)
        self._passwords.write()
        replace_text(path, text)
        self._dialogue.show(f"written: {self._path}; what else can be set stands there as a comment")
        return self._well

    def _text(self, config: Config) -> str:
        """Return the configuration's text; raises ValueError for a value that it cannot have."""
        text = set_keys(self._default, changes(config, _KEYS))
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("it has letters that are no UTF-8") from None
        try:
            parse(text, "")
        except ConfigError as error:
            raise ValueError("; ".join(line.partition(": ")[2] for line in error.lines)) from None
        return text

    def _with_password_files(self) -> Config:
        """Return the configuration with its passwords' files, where systemd does not hand them over."""
        config = self._config
        if is_installed(self._path):
            return config
        if config.player.enabled and self._passwords.will_be_there(MPD_PASSWORD):
            player = structs.replace(config.player, password_file=MPD_PASSWORD)
            config = structs.replace(config, player=player)
        if config.mqtt.username and self._passwords.will_be_there(MQTT_PASSWORD):
            mqtt = structs.replace(config.mqtt, password_file=MQTT_PASSWORD)
            config = structs.replace(config, mqtt=mqtt)
        return config

    def _may_replace(self) -> bool:
        """Return whether there is a configuration that is no default, of which a copy is to be kept."""
        try:
            there = self._path.read_bytes()
        except FileNotFoundError:
            return False
        if there == self._default.encode():
            return False
        question = f"{self._path} exists and was changed. Replace it (a copy is kept)?"
        if not (self._options.replace or self._dialogue.confirm(question, unattended=False)):
            self._dialogue.show(f"{self._path} stays as it is; --replace would replace it")
            raise NoAnswerError
        return True

    def _set_name(self) -> None:
        present = self._present.device

        def apply(answer: str) -> Config:
            same = answer == present.name
            new_id = present.id if same else identifier(answer, self._here.host_name())
            device = structs.replace(self._config.device, name=answer, id=new_id)
            return structs.replace(self._config, device=device)

        self._ask_and_try("name", self._options.name, "Name of this device in the home", present.name, apply)
        self._dialogue.show(f"its id in MQTT topics and in Home Assistant: {self._config.device.id}")

    def _set_camera(self) -> None:
        found, webcams = self._here.camera(), self._here.webcams()
        given = None if self._options.camera == "auto" else self._options.camera
        if not found.connected and given is None:
            self._dialogue.show(
                "no camera is found: connect one and run this again, or set source = "
                '"recording" and loop = true in [camera] to try moodpid without one'
            )
        kinds = ", ".join(CameraSource)

        def apply(answer: str) -> Config:
            kind = CameraSource(answer)
            device = webcam_number(self._present, webcams) if kind is CameraSource.WEBCAM else 0
            loop = kind is CameraSource.RECORDING  # at its end the service would be done
            camera = structs.replace(self._config.camera, source=kind, device=device, loop=loop)
            return structs.replace(self._config, camera=camera)

        default = camera_default(self._present, found.source, webcams)
        self._ask_and_try("camera", given, f"Camera ({kinds})", str(default), apply)

    def _set_player(self) -> None:
        default = player_default(self._present, self._here.player())

        def apply(answer: str) -> Config:
            if answer == NONE:
                player = structs.replace(self._config.player, enabled=False)
            else:
                there = parse_place(answer, MPD_PORT)
                self._ask_password(MPD_PASSWORD, self._options.player_password_file)
                player = structs.replace(self._config.player, host=there.host, port=there.port)
            return structs.replace(self._config, player=player)

        title = f"MPD (host or host:port, {NONE}: none)"
        self._ask_and_try("player", self._options.player, title, default, apply)

    def _set_broker(self) -> None:
        configured = configured_broker(self._present)
        found = (configured or self._here.broker()) if self._present.mqtt.enabled else None
        default = format_place(found, MQTT_PORT) if found else NONE

        def apply(answer: str) -> Config:
            if answer == NONE:
                return structs.replace(self._config, mqtt=structs.replace(self._config.mqtt, enabled=False))
            there = parse_place(answer, MQTT_PORT)
            known = self._present.mqtt.username if there == configured else ""
            question = f"  its user name ({NONE}: none)"
            username = self._answer(self._options.broker_username, question, known or NONE)
            username = "" if username == NONE else username
            if username:
                self._ask_password(MQTT_PASSWORD, self._options.broker_password_file)
            elif self._options.broker_password_file and not self._again:
                raise ValueError("a password needs a user name: --broker-username")
            port = None if there.port == MQTT_PORT else there.port
            mqtt = structs.replace(self._config.mqtt, host=there.host, port=port, username=username)
            return structs.replace(self._config, mqtt=mqtt)

        title = f"MQTT broker (host or host:port, {NONE}: none)"
        self._ask_and_try("broker", self._options.broker, title, default, apply)

    def _answer(self, given: str | None, question: str, default: str) -> str:
        return self._dialogue.ask(question, default) if given is None or self._again else given

    def _ask_and_try(
        self, part: str, given: str | None, question: str, default: str, apply: Callable[[str], Config]
    ) -> None:
        """Ask until the answer works, or is to be kept although it does not."""
        self._again = False
        while True:
            self._leave_password(part)
            answer = self._answer(given, question, default)
            keep = "Keep it all the same?"
            try:
                config = apply(answer)
                self._text(config)
                check = self._here.checks().get(part)
                findings = check(config) if check else []
            except (ConfigError, ValueError) as error:
                findings, keep = [Finding(False, part, str(error), "")], "Keep the default instead?"
                config = self._config
                self._leave_password(part)
            self._show(findings)
            good = all(finding.ok for finding in findings)
            if good or self._dialogue.confirm(keep, unattended=True):
                self._config, self._well = config, self._well and good
                return
            self._again = True

    def _show(self, findings: list[Finding]) -> None:
        for finding in findings:
            remedy = f"\n         try: {finding.remedy}" if finding.remedy else ""
            state = "ok  " if finding.ok else "BAD "
            self._dialogue.show(f"  {state} {finding.subject}: {finding.message}{remedy}")

    def _leave_password(self, part: str) -> None:
        if part in _PASSWORDS:
            self._passwords.leave(_PASSWORDS[part])

    def _ask_password(self, name: str, source: Path | None) -> None:
        """Ask for a password, or read it from a file."""
        if source is not None and not self._again:
            secret = source.read_text(encoding="utf-8").rstrip("\r\n")
        else:
            there = f"Enter: as it is, {NONE}: none" if self._passwords.is_there(name) else "empty: none"
            secret = self._dialogue.ask_secret(f"  its password ({there})")
        self._passwords.choose(name, secret)
