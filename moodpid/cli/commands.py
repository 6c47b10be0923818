"""The verbs of the command line, beside `run`, and the table of them all."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodpid.cli import library
from moodpid.cli.check import check
from moodpid.cli.output import print_error, print_json, print_line
from moodpid.cli.parser import Command
from moodpid.cli.run import run
from moodpid.config import DEFAULT_PATH, CameraSource, Config, is_installed, load
from moodpid.errors import ExitCode, PictureError
from moodpid.mood.emotion import Mood
from moodpid.state import Finding

if TYPE_CHECKING:
    from moodpid.vision.pipeline import ClassifiedFace


def _forget(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    findings = [app.forget_room()] if options.room else _forget_device(_config_of_the_service(options))
    for finding in findings:
        line = f"{finding.subject}: {finding.message}{f'; {finding.remedy}' if finding.remedy else ''}"
        (print_line if finding.ok else print_error)(line)
    return ExitCode.OK if all(finding.ok for finding in findings) else ExitCode.SOME_FAILED


def _forget_device(config: Config) -> list[Finding]:
    """Take the device off the broker that [mqtt] names, even if it is switched off by now."""
    from moodpid import app

    findings = app.forget(config)
    if not config.mqtt.enabled and not all(finding.ok for finding in findings):
        message = f"[mqtt] is switched off, and {config.mqtt.host} was tried"
        remedy = "set host in [mqtt] to the broker that it was on, and run this again"
        findings.append(Finding(False, "broker", message, remedy))
    return findings


def _doctor(options: argparse.Namespace) -> ExitCode:
    from moodpid.doctor import examine

    well = True
    installed = is_installed(options.config or DEFAULT_PATH)
    for finding in examine(_config_of_the_service(options), sound=options.sound, installed=installed):
        well = well and finding.ok
        if options.json:
            print_json(
                {
                    "ok": finding.ok,
                    "subject": finding.subject,
                    "message": finding.message,
                    "remedy": finding.remedy,
                }
            )
        else:
            remedy = f"\n       try: {finding.remedy}" if finding.remedy else ""
            print_line(f"{'ok  ' if finding.ok else 'BAD '} {finding.subject}: {finding.message}{remedy}")
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _web(options: argparse.Namespace) -> ExitCode:
    from moodpid import app
    from moodpid.system.json_file import runtime_folder

    print_line(app.page_link(_config_of_the_service(options), runtime_folder() or RUNTIME_FOLDER))
    return ExitCode.OK


def _playlists(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    config = _config_of_the_service(options)
    if not config.player.enabled:
        print_line("player: switched off in [player]")
        return ExitCode.OK
    mood = Mood(options.dry_run) if options.dry_run else None
    text, well = app.playlists(config, mood)
    print_line(text)
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _analyse(options: argparse.Namespace) -> ExitCode:
    return library.analyse(options, _config_of_the_service(options))


def _like(options: argparse.Namespace) -> ExitCode:
    return library.like(options, _config_of_the_service(options))


def _library(options: argparse.Namespace) -> ExitCode:
    return library.library(options)


def _classify(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    failed = False
    for file, seen in app.classify(options.pictures, _config_or_defaults(options)):
        if isinstance(seen, PictureError):
            failed = True
            print_error(str(seen))
        else:
            print_json({"path": str(file), "faces": [_face(face) for face in seen]})
    return ExitCode.SOME_FAILED if failed else ExitCode.OK


def _face(face: "ClassifiedFace") -> dict[str, Any]:
    top = face.scores.top
    return {
        "box": [face.box.x, face.box.y, face.box.width, face.box.height],
        "emotion": str(top),
        "confidence": round(face.scores[top], 4),
        "scores": {name: round(p, 4) for name, p in face.scores.as_dict().items()},
    }


def _replay(options: argparse.Namespace) -> ExitCode:
    from moodpid import app
    from moodpid.replay import ReplayReport

    faults: list[PictureError] = []

    def record(fault: PictureError) -> None:
        faults.append(fault)
        print_error(str(fault))

    report = ReplayReport(print_json if options.json else _print_row, looks=options.looks)
    app.replay(options.path, _config_or_defaults(options), report, record)
    return ExitCode.SOME_FAILED if faults else ExitCode.OK


def _print_row(record: dict[str, Any]) -> None:
    plays = f"  plays {record['play']}" if record["play"] else ""
    faces = "1 face" if record["faces"] == 1 else f"{record['faces']} faces"
    feels = f"{record['mood']:<9} {100 * record['confidence']:3.0f} %  {faces}"
    scores = "".join(f"  {name} {100 * score:2.0f}" for name, score in record.get("scores", {}).items())
    print_line(f"{record['at']:8.2f} s  {feels}{scores}{plays}")


def _config_of_the_service(options: argparse.Namespace) -> Config:
    """Return the named configuration, else the installed one; the latter with the service's credentials."""
    path = options.config or DEFAULT_PATH
    if is_installed(path):
        # As systemd/moodpid.service has it in LoadCredential=
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(DEFAULT_PATH.parent))
    return load(path)


def _config_or_defaults(options: argparse.Namespace) -> Config:
    """Return the named configuration, else the installed one, else the defaults."""
    if options.config or DEFAULT_PATH.exists():
        return load(options.config or DEFAULT_PATH)
    return Config()


def _setup(options: argparse.Namespace) -> ExitCode:
    from moodpid.cli.setup import setup

    return setup(options)


RUNTIME_FOLDER = Path("/run/moodpid")  # as systemd/moodpid.service has it in RuntimeDirectory=
_JSON_LINES = {"action": "store_true", "help": "one JSON object a line"}
COMMANDS = {
    "run": Command(run, "the service, in the foreground"),
    "check": Command(
        check,
        "name every fault of the configuration, and each file that is missing or closed to the service",
    ),
    "setup": Command(
        _setup,
        "ask for name, camera, player and broker, try each, and write the configuration",
        {
            "--yes": {
                "action": "store_true",
                "help": "ask nothing: take the options, and what is configured or found for the rest",
            },
            "--replace": {
                "action": "store_true",
                "help": "write into a configuration that was changed, too; a copy is kept",
            },
            "--name": {"help": "name of this device in the home, such as 'Living room'"},
            "--camera": {
                "choices": ("auto", *(str(source) for source in CameraSource)),
                "help": "the camera; auto: the one that is found",
            },
            "--player": {"metavar": "HOST[:PORT]", "help": "MPD, or - for none"},
            "--player-password-file": {
                "type": Path,
                "metavar": "FILE",
                "help": "a file or pipe with MPD's password",
            },
            "--broker": {"metavar": "HOST[:PORT]", "help": "the MQTT broker, or - for none"},
            "--broker-username": {"metavar": "NAME", "help": "the name that the broker wants"},
            "--broker-password-file": {
                "type": Path,
                "metavar": "FILE",
                "help": "a file or pipe with the broker's password",
            },
        },
    ),
    "doctor": Command(
        _doctor,
        "try each part for real, and print what is wrong and what to do",
        {
            "--json": _JSON_LINES,
            "--sound": {"action": "store_true", "help": "play a test tone, if no music plays"},
        },
    ),
    "web": Command(
        _web, "the address of the page; where it is protected, it signs in once, within 15 minutes"
    ),
    "forget": Command(
        _forget,
        "take this device out of Home Assistant and off the broker, for good",
        {"--room": {"action": "store_true", "help": "instead, what was learned of the room and its people"}},
    ),
    "playlists": Command(
        _playlists,
        "what each mood would play now, and which lists are missing",
        {
            "--dry-run": {
                "metavar": "MOOD",
                "choices": [mood.value for mood in Mood],
                "help": "the next ten songs, and why",
            }
        },
    ),
    "analyse": Command(
        _analyse, "listen to the songs of the library, so that moods find theirs", library.ARGUMENTS
    ),
    "like": Command(
        _like,
        "go on with songs that sound like the one that plays, or like another",
        {"uri": {"nargs": "?", "default": "", "metavar": "URI", "help": "of the song, as MPD names it"}},
    ),
    "library": Command(
        _library,
        "which songs lie near which mood",
        {"--picture": {"type": Path, "metavar": "FILE.svg", "help": "draw all songs on the plane"}},
    ),
    "classify": Command(
        _classify,
        "faces and emotions in still pictures, one JSON object a line",
        {
            "pictures": {"nargs": "+", "type": Path, "metavar": "PICTURE"},
            "--json": {"action": "store_true", "help": "JSON (which is what it prints anyway)"},
        },
    ),
    "replay": Command(
        _replay,
        "a recording through the loop of the service, with nothing sent",
        {
            "path": {
                "nargs": "?",
                "type": Path,
                "metavar": "PATH",
                "help": "a folder of pictures or a video (default: the bundled recording)",
            },
            "--json": _JSON_LINES,
            "--looks": {"action": "store_true", "help": "every look, not only changes of mood"},
        },
    ),
}
