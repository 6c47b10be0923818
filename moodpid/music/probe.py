"""What `moodpid doctor` asks of MPD: is it there, does it let us in, has it the playlists and an output."""

from collections.abc import Iterator

from moodpid.config import Player
from moodpid.music.connection import CommandRefusedError, Link, MpdDeniedError, MpdGoneError, place
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
    for name in dict.fromkeys(name for names in settings.names.values() for name in names):
        yield _playlist(link, name)
    yield _outputs(link)


def _playlist(link: Link, name: str) -> Finding:
    subject = f'playlist "{name}"'
    try:
        songs = sum(1 for _ in link.stream("listplaylist", name))
    except CommandRefusedError as error:
        remedy = f'save it: mpc save "{name}"; or correct [player.playlists]'
        return Finding(ok=False, subject=subject, message=f"not there: {error}", remedy=remedy)
    if not songs:
        return Finding(ok=False, subject=subject, message="is empty", remedy="put songs into it")
    return Finding(ok=True, subject=subject, message=f"{songs} song{'s' if songs > 1 else ''}")


def _outputs(link: Link) -> Finding:
    outputs = link.ask("outputs")
    on = [output["outputname"] for output in outputs if output.get("outputenabled") == "1"]
    if on:
        return Finding(ok=True, subject="player outputs", message=", ".join(on))
    message = "no output is enabled, nothing would be heard" if outputs else "MPD has no output at all"
    remedy = "mpc outputs; mpc enable 1" if outputs else "add an audio_output to mpd.conf"
    return Finding(ok=False, subject="player outputs", message=message, remedy=remedy)
