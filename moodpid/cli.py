"""The command line: its verbs, and the exit code of each."""

import argparse
import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodpid.arguments import Command, parse
from moodpid.config import DEFAULT_PATH, Config, load
from moodpid.errors import ExitCode, MoodpidError, PictureError, RestartRequested
from moodpid.mood.emotion import Mood
from moodpid.system.credentials import refuse_empty

if TYPE_CHECKING:
    from moodpid.vision.pipeline import ClassifiedFace

_PREFIX = "moodpid: "


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns its exit code (`ExitCode`)."""
    try:
        try:
            return _run_command(parse(_COMMANDS, arguments))
        finally:
            if sys.stdout:  # not at the interpreter's exit, where nobody could catch what it raises
                sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        _drop_output()
        return ExitCode.PIPE
    except OSError as error:
        with contextlib.suppress(OSError):
            _print_error(f"the output cannot be written: {error.strerror}")
        _drop_output()
        return ExitCode.SOME_FAILED


class _UnwritableError(OSError):
    """Our output cannot be written: no fault of ours, as any other OSError that comes to `_do` is."""


def _drop_output() -> None:
    """Let what is still to be written go nowhere: at its exit the interpreter tries again, and complains."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        os.dup2(nowhere, stream.fileno())


def _run_command(options: argparse.Namespace) -> int:
    if options.do is not _run:  # what is logged on the way is told as what `_complain` tells
        logging.basicConfig(level=logging.WARNING, format=f"{_PREFIX}%(message)s")
    try:
        return ExitCode(options.do(options))
    except MoodpidError as error:
        for line in error.lines:
            _print_error(line)
        return error.exit_code
    except (BrokenPipeError, _UnwritableError):
        raise
    except KeyboardInterrupt:
        return ExitCode.OK
    except Exception:  # noqa: BLE001 - a traceback alone would end with the code of a bad picture
        traceback.print_exc()
        _print_error("a fault of moodpid's own; please report it with the lines above")
        return ExitCode.BUG


def _run(options: argparse.Namespace) -> ExitCode:
    """Everything that ends the service is logged, and shown by the service manager as its status."""
    from moodpid.system import logs
    from moodpid.system.sd_notify import service_manager

    logs.set_up()
    log = logging.getLogger(__name__)
    try:
        from moodpid import app

        app.run(load(options.config or DEFAULT_PATH))
    except RestartRequested as request:
        log.info("%s", request)
        if "NOTIFY_SOCKET" in os.environ:  # the service manager starts us again
            return request.exit_code
        os.execv(sys.executable, [sys.executable, "-m", "moodpid", *sys.argv[1:]])  # noqa: S606 - ourselves
    except MoodpidError as error:
        for line in error.lines:
            log.error("%s", line)  # noqa: TRY400 - the line says it all, a traceback would bury it
        service_manager().failed(str(error))
        return error.exit_code
    except Exception:
        log.exception("a fault of moodpid's own; please report it with these lines")
        service_manager().failed("a fault of moodpid's own; see the journal")
        return ExitCode.BUG
    return ExitCode.OK


def _forget(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    config = _config_of_the_service(options)
    if not config.mqtt.enabled:
        _print_error("broker: switched off in [mqtt], so nothing was forgotten")
        return ExitCode.SOME_FAILED
    findings = app.forget(config)
    for finding in findings:
        line = f"{finding.subject}: {finding.message}{f'; {finding.remedy}' if finding.remedy else ''}"
        (_print if finding.ok else _print_error)(line)
    return ExitCode.OK if all(finding.ok for finding in findings) else ExitCode.SOME_FAILED


def _check(options: argparse.Namespace) -> ExitCode:
    path = options.config or DEFAULT_PATH
    config = load(path, files=True)
    if options.config is None:
        for name, part in (("mpd-password", config.player), ("mqtt-password", config.mqtt)):
            if part.enabled and not part.password_file:
                refuse_empty(DEFAULT_PATH.parent / name, name)
    _print(f"{path}: good")
    return ExitCode.OK


def _doctor(options: argparse.Namespace) -> ExitCode:
    from moodpid.doctor import examine

    well = True
    for finding in examine(_config_of_the_service(options)):
        well = well and finding.ok
        if options.json:
            _print_json(
                {
                    "ok": finding.ok,
                    "subject": finding.subject,
                    "message": finding.message,
                    "remedy": finding.remedy,
                }
            )
        else:
            remedy = f"\n       try: {finding.remedy}" if finding.remedy else ""
            _print(f"{'ok  ' if finding.ok else 'BAD '} {finding.subject}: {finding.message}{remedy}")
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _playlists(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    config = _config_of_the_service(options)
    if not config.player.enabled:
        _print("player: switched off in [player]")
        return ExitCode.OK
    mood = Mood(options.dry_run) if options.dry_run else None
    text, well = app.playlists(config, mood)
    _print(text)
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _classify(options: argparse.Namespace) -> ExitCode:
    from moodpid import app

    failed = False
    for file, seen in app.classify(options.pictures, _config_or_defaults(options)):
        if isinstance(seen, PictureError):
            failed = True
            _print_error(str(seen))
        else:
            _print_json({"path": str(file), "faces": [_face(face) for face in seen]})
    return ExitCode.SOME_FAILED if failed else ExitCode.OK


def _face(face: "ClassifiedFace") -> dict[str, Any]:
    top = face.scores.top
    return {
        "box": list(face.box),
        "emotion": str(top),
        "confidence": round(face.scores[top], 4),
        "scores": {name: round(p, 4) for name, p in face.scores.as_dict().items()},
    }


def _replay(options: argparse.Namespace) -> ExitCode:
    from moodpid import app
    from moodpid.replay import ReplayReport

    faults: list[PictureError] = []

    def complain(fault: PictureError) -> None:
        faults.append(fault)
        _print_error(str(fault))

    report = ReplayReport(_print_json if options.json else _print_row, looks=options.looks)
    app.replay(options.path, _config_or_defaults(options), report, complain)
    return ExitCode.SOME_FAILED if faults else ExitCode.OK


def _print_row(record: dict[str, Any]) -> None:
    plays = f"  plays {record['play']}" if record["play"] else ""
    faces = "1 face" if record["faces"] == 1 else f"{record['faces']} faces"
    feels = f"{record['mood']:<9} {100 * record['confidence']:3.0f} %  {faces}"
    scores = "".join(f"  {name} {100 * score:2.0f}" for name, score in record.get("scores", {}).items())
    _print(f"{record['at']:8.2f} s  {feels}{scores}{plays}")


def _config_of_the_service(options: argparse.Namespace) -> Config:
    """The file that is named, else the installed one, and with it the passwords that systemd hands out."""
    if options.config is None:
        # As systemd/moodpid.service has it in LoadCredential=
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(DEFAULT_PATH.parent))
    return load(options.config or DEFAULT_PATH)


def _config_or_defaults(options: argparse.Namespace) -> Config:
    """The file that is named, else the installed one, else the defaults: these verbs need no playlists."""
    if options.config or DEFAULT_PATH.exists():
        return load(options.config or DEFAULT_PATH)
    return Config()


def _print_json(record: dict[str, Any]) -> None:
    _print(json.dumps(record))


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _UnwritableError(error.errno, error.strerror) from error


def _print_error(line: str) -> None:
    print(f"{_PREFIX}{line}", file=sys.stderr, flush=True)


_JSON_LINES = {"action": "store_true", "help": "one JSON object a line"}
_COMMANDS = {
    "run": Command(_run, "the service, in the foreground"),
    "check": Command(
        _check, "read the configuration only, and name every fault in it and every file that it misses"
    ),
    "doctor": Command(
        _doctor, "try each part for real and say what is wrong and what to do", {"--json": _JSON_LINES}
    ),
    "forget": Command(_forget, "take this device out of Home Assistant and off the broker, for good"),
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
