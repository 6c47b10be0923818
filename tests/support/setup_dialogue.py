"""A machine that `moodpid setup` runs on, and a user who answers it."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from moodpid.cli.commands import COMMANDS
from moodpid.cli.dialogue import Unattended
from moodpid.cli.parser import parse
from moodpid.cli.setup_questions import Setup
from moodpid.cli.surroundings import Check
from moodpid.config import CameraSource, Config, load
from moodpid.doctor.discovery import Address, FoundCamera
from moodpid.state import Finding
from tests.support.rooms import REPOSITORY

DEFAULT = (REPOSITORY / "config" / "moodpid.toml").read_text()


class Here:
    """A machine with what is given, where every server but those in `broken` works."""

    def __init__(
        self,
        camera: FoundCamera = FoundCamera(CameraSource.WEBCAM),  # noqa: B008 - frozen
        broker: Address | None = None,
        broken: tuple[str, ...] = (),
        webcams: tuple[int, ...] = (2,),
    ) -> None:
        self._camera, self._broker, self._broken = camera, broker, broken
        self._webcams = webcams
        self.tried: list[tuple[str, Config]] = []

    def camera(self) -> FoundCamera:
        return self._camera

    def webcams(self) -> list[int]:
        return list(self._webcams)

    def player(self) -> Address | None:
        return Address("localhost", 6600)

    def broker(self) -> Address | None:
        return self._broker

    def host_name(self) -> str:
        return "attic"

    def checks(self) -> Mapping[str, Check]:
        return {part: self._check(part) for part in ("camera", "player", "broker")}

    def _check(self, part: str) -> Check:
        def check(config: Config) -> list[Finding]:
            self.tried.append((part, config))
            bad = part in self._broken or config.player.host in self._broken
            return [
                Finding(not bad, part, "it does not work" if bad else "it works", "mend it" if bad else "")
            ]

        return check


class Answers(Unattended):
    """A user with answers to questions that begin with these words; Enter for the others."""

    attended = True

    def __init__(self, answers: Mapping[str, list[str]], *, agrees: bool = False) -> None:
        self._answers = {start: list(each) for start, each in answers.items()}
        self._agrees = agrees
        self.lines: list[str] = []

    def ask(self, question: str, default: str) -> str:
        for start, answers in self._answers.items():
            if question.strip().startswith(start) and answers:
                return answers.pop(0)
        return default

    def ask_secret(self, question: str) -> str:
        return self.ask(question, "")

    def confirm(self, question: str, *, unattended: bool) -> bool:
        del question, unattended
        return self._agrees

    def show(self, line: str) -> None:
        self.lines.append(line)


def options(*arguments: str) -> argparse.Namespace:
    return parse(COMMANDS, ["setup", *arguments])


def run(
    path: Path, *arguments: str, here: Here | None = None, answers: Answers | None = None
) -> tuple[bool, Config]:
    with TemporaryDirectory() as trial:
        making = Setup(
            options(*arguments),
            path,
            dialogue=answers or Unattended(),
            here=here or Here(),
            trial=Path(trial),
        )
        making.ask()
        well = making.write()
    return well, load(path, files=True)
