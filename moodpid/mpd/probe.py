"""What `moodpid doctor` asks of MPD: is it there, does it let us in, has it the playlists, is it heard."""

from collections.abc import Iterator
from random import Random
from typing import Any

from moodpid.config import MpdConfig, SongSource
from moodpid.mpd.connection import MpdConnection, MpdDeniedError, MpdGoneError, format_address
from moodpid.mpd.song_lists import read_page
from moodpid.state import Finding

SUBJECT = "player"
SOUND = "sound"
_HERE = ("localhost", "127.0.0.1", "::1")
_PORT = 6600  # where mpc looks by itself
# What MPD plays into it is thrown away (MPD's manual, output plugins)
_UNHEARD = "null"
_ADD_OUTPUT = (
    r"""printf 'audio_output {\n type "alsa"\n name "Speakers"\n}\n' | sudo tee -a /etc/mpd.conf """
    "&& sudo systemctl restart mpd"
)


def probe(settings: MpdConfig, password: str = "") -> list[Finding]:
    """Try MPD for real, for at most a few times 5 seconds; changes nothing there."""
    try:
        with MpdConnection(settings, password) as link:
            return list(_findings(link, settings))
    except MpdGoneError as error:
        start = "sudo systemctl enable --now mpd" if settings.host in _HERE else _mpc(settings, "status")
        return [Finding(False, SUBJECT, str(error), f"{start}; or set host and port in [player]")]
    except MpdDeniedError as error:
        file = settings.password_file or "/etc/moodpid/mpd-password"
        remedy = f"sudo install -m 640 -g moodpid /dev/stdin {file}, and type the password"
        return [Finding(False, SUBJECT, str(error), remedy)]


def _findings(link: MpdConnection, settings: MpdConfig) -> Iterator[Finding]:
    where = f"MPD at {format_address(settings)} answers (protocol {link.version}) and lets us work"
    yield Finding(True, SUBJECT, where)
    for entry in dict.fromkeys(entry for entries in settings.lists.values() for entry in entries):
        yield _list(link, entry, settings)
    yield _outputs(link.ask("outputs"), settings)
    yield from _silence(link.ask("status"), settings)


def _list(link: MpdConnection, entry: SongSource, settings: MpdConfig) -> Finding:
    subject = f'list "{entry.name}"'
    page = read_page(link, entry, Random())  # noqa: S311 - only the count is wanted
    if not page.problem:
        return Finding(True, subject, f"{page.total} song{'s' if page.total > 1 else ''}")
    remedy = _mpc(settings, f'save "{entry.playlist}"' if entry.playlist else "update --wait")
    if entry.filter:
        remedy = f"correct the filter in [player.playlists]; or {remedy}, if the songs are new"
    return Finding(False, subject, page.problem, remedy)


def _outputs(outputs: list[dict[str, str]], settings: MpdConfig) -> Finding:
    """Whether one of MPD's outputs is enabled and leads to where somebody hears it."""
    heard = [output for output in outputs if output.get("plugin") != _UNHEARD]
    enabled = [output for output in outputs if output.get("outputenabled") == "1"]
    on = [output for output in enabled if output in heard]
    if on:
        names = ", ".join(f"{output['outputname']} ({output.get('plugin', 'output')})" for output in on)
        return Finding(True, SOUND, names)
    if heard:
        why = "only an output of the plugin null is enabled" if enabled else "no output is enabled"
        # mpc counts from 1, the protocol from 0
        return Finding(
            False,
            SOUND,
            f"{why}: nobody hears anything",
            _mpc(settings, f"enable {int(heard[0]['outputid']) + 1}"),
        )
    why = "MPD has only outputs of the plugin null" if outputs else "MPD has no output"
    return Finding(False, SOUND, f"{why}: nobody hears anything", _ADD_OUTPUT)


def _silence(status: dict[str, Any], settings: MpdConfig) -> Iterator[Finding]:
    """What else keeps an enabled output silent: a volume of 0, or a fault that MPD met last."""
    if status.get("volume") == "0":
        yield Finding(False, SOUND, "the volume is 0: nobody hears anything", _mpc(settings, "volume 50"))
    if fault := status.get("error"):
        remedy = "aplay -l" if "alsa" in fault.lower() else "journalctl -u mpd -n 20"
        yield Finding(False, SOUND, f"the last fault of MPD: {fault}", remedy)


def _mpc(settings: MpdConfig, arguments: str) -> str:
    """The command line that does this at this MPD."""
    where = [] if settings.host in _HERE else [f"-h {settings.host}"]
    if settings.port != _PORT and settings.host[0] not in "/@":
        where = where or [f"-h {settings.host}"]
        where.append(f"-p {settings.port}")
    return " ".join(["mpc", *where, arguments])
