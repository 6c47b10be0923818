"""What `moodpid setup` asks: name, camera, player and broker, each tried, and then written."""

import argparse
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from msgspec import structs

from moodpid.cli.dialogue import Dialogue, NoAnswerError
from moodpid.cli.setup_defaults import (
    broker_default,
    camera_default,
    identifier,
    may_keep_password,
    player_default,
    with_broker,
    with_camera,
    with_player,
)
from moodpid.cli.setup_file import describe_left_out, read_base, read_default, with_line_ends_of
from moodpid.cli.setup_passwords import NONE, Passwords, read_given
from moodpid.cli.surroundings import Surroundings
from moodpid.config import CameraSource, Config, is_installed
from moodpid.errors import ConfigError
from moodpid.state import Finding
from moodpid.system.private_file import kept_copy, replace_text

MPD_PASSWORD: Final = "mpd-password"  # noqa: S105 - the name of its file
MQTT_PASSWORD: Final = "mqtt-password"  # noqa: S105 - likewise
_PASSWORDS: Final = {"player": MPD_PASSWORD, "broker": MQTT_PASSWORD}
_TABLES: Final = {"player": "player", "broker": "mqtt"}


class Setup:
    """One configuration in the making.

    Args:
        options: Of the command line, as `moodpid.cli.commands` defines them.
        path: The configuration file.
        dialogue: Asks the user, or takes the defaults.
        here: What is found, and the checks.
        trial: An empty folder that only we can read, for passwords that are tried.

    Raises:
        OSError: The configuration cannot be read.
    """

    def __init__(
        self, options: argparse.Namespace, path: Path, *, dialogue: Dialogue, here: Surroundings, trial: Path
    ) -> None:
        self._options = options
        self._dialogue = dialogue
        self._here = here
        self._path = path
        self._trial = trial
        self._base = read_base(path)
        self._config = self._present = self._base.present
        self._passwords = Passwords(
            path.parent,
            trial,
            {
                MPD_PASSWORD: self._present.player.password_file,
                MQTT_PASSWORD: self._present.mqtt.password_file,
            },
            by_systemd=is_installed(path),
        )
        self._well = True
        self._replaces = False
        self._again = False  # the first answer did not do, and with it what the command line gave

    def ask(self) -> None:
        """Ask, and try the answers.

        Raises:
            NoAnswerError: The user does not want the existing configuration to be changed, or nobody is there
                to correct an option that cannot be used.
            OSError: No password can be written for the trial.
        """
        self._replaces = self._may_replace()
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
        text = self._base.with_values_of(self._with_password_files())
        path = self._path.resolve()  # a link stays one
        there = path.read_bytes() if self._replaces else b""
        if self._base.is_present:
            text = with_line_ends_of(there, text)
        changes = self._replaces and there != text.encode()
        with self._passwords.replaced(), kept_copy(path) if changes else nullcontext() as copy:
            replace_text(path, text)
        if copy and not self._base.is_present:
            self._dialogue.show(describe_left_out(self._base.left_out, copy))
        rest = "what else can be set stands there as a comment"
        if self._replaces and self._base.is_present:
            rest = "its other lines are as they were"
        self._dialogue.show(f"written: {self._path}; {rest}")
        return self._well

    def _with_password_files(self) -> Config:
        """Return the configuration with its passwords' files, where systemd does not hand them over."""
        player, mqtt = self._config.player, self._config.mqtt
        if player.enabled:
            player = structs.replace(player, password_file=self._passwords.file_to_name(MPD_PASSWORD))
        if mqtt.enabled:
            file = self._passwords.file_to_name(MQTT_PASSWORD) if mqtt.username else ""
            mqtt = structs.replace(mqtt, password_file=file)
        return structs.replace(self._config, player=player, mqtt=mqtt)

    def _may_replace(self) -> bool:
        """Return whether there is a configuration that is no default, of which a copy is to be kept."""
        try:
            there = self._path.read_bytes()
        except FileNotFoundError:
            return False
        if there == read_default().encode():
            return False
        does = "has faults, dotted keys or inline tables. Replace it"
        if self._base.is_present:
            does = "was changed. Write the answers into it"
        question = f"{self._path} exists and {does} (a copy is kept)?"
        if not (self._options.replace or self._dialogue.confirm(question, unattended=False)):
            self._dialogue.show(f"{self._path} stays as it is; --replace would change it")
            raise NoAnswerError
        return True

    def _set_name(self) -> None:
        present = self._present.device

        def apply(answer: str) -> Config:
            # Another id is another device in the home, without the history of this one
            stays = self._base.names_id or answer == present.name
            new_id = present.id if stays else identifier(answer, self._here.host_name())
            device = structs.replace(self._config.device, name=answer, id=new_id)
            return structs.replace(self._config, device=device)

        self._ask_and_try("name", "Name of this device in the home", present.name, apply)
        device = self._config.device
        is_kept = self._base.names_id and device.name != present.name
        kept = "; it stays, since another id is another device" if is_kept else ""
        self._dialogue.show(f"its id in MQTT topics and in Home Assistant: {device.id}{kept}")

    def _set_camera(self) -> None:
        found, webcams = self._here.camera(), self._here.webcams()
        wants_found = self._options.camera == "auto"
        default = found.source if wants_found else camera_default(self._present, found.source, webcams)
        unnamed = self._given("camera") is None and default is not CameraSource.RECORDING
        if unnamed and not found.connected:
            self._dialogue.show(
                "no camera is found: connect one and run this again, or set source = "
                '"recording" and loop = true in [camera] to try moodpid without one'
            )
        kinds = ", ".join(CameraSource)

        def apply(answer: str) -> Config:
            camera = with_camera(self._present, CameraSource(answer), webcams)
            return structs.replace(self._config, camera=camera)

        self._ask_and_try("camera", f"Camera ({kinds})", str(default), apply)

    def _set_player(self) -> None:
        default = player_default(self._present, self._here.player())

        def apply(answer: str) -> Config:
            return structs.replace(self._config, player=with_player(self._present.player, answer))

        def ask_password(config: Config) -> Config:
            if not config.player.enabled:
                return config
            self._ask_password(MPD_PASSWORD, self._options.player_password_file)
            return structs.replace(config, player=structs.replace(config.player, password_file=""))

        title = f"MPD (host or host:port, {NONE}: none)"
        self._ask_and_try("player", title, default, apply, ask_password)

    def _set_broker(self) -> None:
        default = broker_default(self._base, self._here.broker)

        def apply(answer: str) -> Config:
            return structs.replace(self._config, mqtt=with_broker(self._present.mqtt, answer))

        def ask_user(config: Config) -> Config:
            mqtt = config.mqtt
            if not mqtt.enabled:
                return config
            question = f"  its user name ({NONE}: none)"
            username = self._answer(self._options.broker_username, question, mqtt.username or NONE)
            username = "" if username == NONE else username
            if username:
                self._ask_password(MQTT_PASSWORD, self._options.broker_password_file)
            elif self._options.broker_password_file and not self._again:
                raise ValueError("a password needs a user name: --broker-username")
            return structs.replace(config, mqtt=structs.replace(mqtt, username=username, password_file=""))

        title = f"MQTT broker (host or host:port, {NONE}: none)"
        self._ask_and_try("broker", title, default, apply, ask_user)

    def _given(self, part: str) -> str | None:
        """Return the answer that the command line gives."""
        given: str | None = getattr(self._options, part)
        return None if (part, given) == ("camera", "auto") else given

    def _answer(self, given: str | None, question: str, default: str) -> str:
        return self._dialogue.ask(question, default) if given is None or self._again else given

    def _ask_and_try(
        self,
        part: str,
        question: str,
        default: str,
        apply: Callable[[str], Config],
        ask_more: Callable[[Config], Config] = lambda config: config,
    ) -> None:
        """Ask until the answer works, or is to be kept although it does not."""
        self._again = False
        while True:
            self._leave_password(part)
            answer = self._answer(self._given(part), question, default)
            keep = "Keep it all the same?"
            try:
                config = apply(answer)
                self._guard_password(part, config)
                config = ask_more(config)
                self._base.with_values_of(config)
                check = self._here.checks().get(part)
                findings = check(config) if check else []
            except (ConfigError, ValueError) as error:
                if not self._dialogue.attended and self._has_options(part):
                    raise NoAnswerError(f"{part}: {error}") from None
                findings, keep = [Finding(False, part, str(error), "")], "Keep the default instead?"
                config = self._with_default(apply, default)
                self._leave_password(part)
                self._guard_password(part, config)
            self._show(findings)
            good = all(finding.ok for finding in findings)
            if good or self._dialogue.confirm(keep, unattended=True):
                self._config, self._well = config, self._well and good
                return
            self._again = True

    def _has_options(self, part: str) -> bool:
        """Return whether the command line has options for this part, which could be corrected there."""
        options = (part, f"{part}_username", f"{part}_password_file")
        return any(getattr(self._options, option, None) is not None for option in options)

    def _with_default(self, apply: Callable[[str], Config], default: str) -> Config:
        """Return the configuration with the default that was shown; as it is, if that cannot be an answer."""
        try:
            return apply(default)
        except ValueError:
            return self._config

    def _show(self, findings: list[Finding]) -> None:
        for finding in findings:
            remedy = f"\n         try: {finding.remedy}" if finding.remedy else ""
            state = "ok  " if finding.ok else "BAD "
            self._dialogue.show(f"  {state} {finding.subject}: {finding.message}{remedy}")

    def _leave_password(self, part: str) -> None:
        if part in _PASSWORDS:
            self._passwords.leave(_PASSWORDS[part])

    def _guard_password(self, part: str, config: Config) -> None:
        """Keep the present password from any server but its own."""
        if part not in _PASSWORDS:
            return
        table = getattr(config, _TABLES[part])
        is_used = table.enabled or _TABLES[part] in self._base.lost
        if is_used and not may_keep_password(self._base, _TABLES[part], table):
            line = self._passwords.withhold(_PASSWORDS[part])
            if line:
                self._dialogue.show(f"  {line}")

    def _ask_password(self, name: str, source: Path | None) -> None:
        """Ask for a password, or read it from a file."""
        if source is not None and not self._again:
            secret = read_given(name, source)
        else:
            there = f"Enter: as it is, {NONE}: none" if self._passwords.is_there(name) else "empty: none"
            secret = self._dialogue.ask_secret(f"  its password ({there})")
        self._passwords.choose(name, secret)
