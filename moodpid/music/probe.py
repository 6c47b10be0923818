"""What `moodpid doctor` asks of MPD: is it there, does it let us in, has it the playlists and an output."""

from collections.abc import Iterator
from random import Random

from moodpid.config import Entry, Player
from moodpid.music.connection import Link, MpdDeniedError, MpdGoneError, place
from moodpid.music.library import read_page
from moodpid.state import Finding


def probe(settings: Player, password: str = "") -> list[Finding]:
    """Try MPD for real, for at most a few times 5 seconds; changes nothing there."""
    try:
        with Link(settings, password) as link:
            return list(_findings(link, settings))
    except MpdGoneError as error:
        remedy = "systemctl status mpd; or set host and port in [player]"
        return [Finding(ok=False, subject="player", message=str(error), remedy=remedy)]
    except MpdDeniedError as error:
        remedy = "give the password from mpd.conf in a file named by password_file in [player]"
        return [Finding(ok=False, subject="player", message=str(error), remedy=remedy)]


def _findings(link: Link, settings: Player) -> Iterator[Finding]:
    where = f"MPD at {place(settings)} answers (protocol {link.version}) and lets us work"
    yield Finding(ok=True, subject="player", message=where)
    for entry in dict.fromkeys(entry for entries in settings.lists.values() for entry in entries):
        yield _list(link, entry)
    yield _outputs(link)


def _list(link: Link, entry: Entry) -> Finding:
    subject = f'list "{entry.name}"'
    page = read_page(link, entry, Random())  # noqa: S311 - only the count is wanted
    if not page.problem:
        return Finding(ok=True, subject=subject, message=f"{page.total} song{'s' if page.total > 1 else ''}")
    remedy = f'mpc save "{entry.playlist}"' if entry.playlist else "mpc update --wait"
    return Finding(ok=False, subject=subject, message=page.problem, remedy=remedy)


def _outputs(link: Link) -> Finding:
    outputs = link.ask("outputs")
    on = [output["outputname"] for output in outputs if output.get("outputenabled") == "1"]
    if on:
        return Finding(ok=True, subject="player outputs", message=", ".join(on))
    message = "no output is enabled, nothing would be heard" if outputs else "MPD has no output at all"
    remedy = "mpc outputs; mpc enable 1" if outputs else "add an audio_output to mpd.conf"
    return Finding(ok=False, subject="player outputs", message=message, remedy=remedy)
