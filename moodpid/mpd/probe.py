"""Check MPD for `moodpid doctor`: that it answers, allows our work, has the songs, and can be heard."""

import shutil
from collections.abc import Iterator

from moodpid.config import MpdConfig, SongSource
from moodpid.library.backlog import ANALYSE
from moodpid.library.reader import LibraryReader
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.playlist_report import check_lists
from moodpid.mpd.protocol import MpdDeniedError, MpdGoneError, Output, Status
from moodpid.mpd.session import format_address, is_local, mpc_command
from moodpid.mpd.song_lists import ListCheck, too_large
from moodpid.mpd.sound_pools import NOT_ANALYSED
from moodpid.state import Finding

SUBJECT = "player"
SOUND = "sound"
_PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
# What MPD plays into it is thrown away (MPD's manual, output plugins)
_UNHEARD = "null"
# Without audio_output in mpd.conf MPD takes what it finds, at last JACK (MPD, src/output/Init.cxx)
_FOUND_BY_MPD = "default detected output"
_LARGER_BUFFER = (
    """printf 'max_output_buffer_size "65536"\\n' | sudo tee -a /etc/mpd.conf && sudo systemctl restart mpd"""
)
_ADD_OUTPUT = (
    r"""printf 'audio_output {\n type "alsa"\n name "Speakers"\n}\n' | sudo tee -a /etc/mpd.conf """
    "&& sudo systemctl restart mpd"
)


def probe(settings: MpdConfig, password: str = "", reader: LibraryReader | None = None) -> list[Finding]:
    """Return what is right and wrong with MPD, its lists and its sound; changes nothing there."""
    try:
        return list(_findings(settings, password, reader))
    except MpdGoneError as error:
        return [Finding(False, SUBJECT, str(error), _start(settings))]
    except MpdDeniedError as error:
        return [Finding(False, SUBJECT, str(error), error.remedy or _other_password(settings, password))]


def _start(settings: MpdConfig) -> str:
    if not is_local(settings):
        return f"{mpc_command(settings, 'status')}; or set host and port below [player] in the configuration"
    installed = shutil.which("mpd", path=_PROGRAMS)
    start = "sudo systemctl enable --now mpd" if installed else "sudo apt install mpd"
    return (
        f"{start}; or, if MPD runs on another machine, set host and port below [player] in the configuration"
    )


def _other_password(settings: MpdConfig, password: str) -> str:
    file = settings.password_file or "/etc/moodpid/mpd-password"
    remedy = (
        f"sudo install -m 640 -g moodpid /dev/stdin {file}, and type the password that MPD has, Enter, Ctrl-D"
    )
    return f"{remedy}; or remove password_file, if MPD has none" if password else remedy


def _findings(settings: MpdConfig, password: str, reader: LibraryReader | None) -> Iterator[Finding]:
    with MpdConnection(settings, password) as link:
        where = f"MPD at {format_address(settings)} answers (protocol {link.version}) and allows our work"
        outputs, status = link.outputs(), link.status()
    yield Finding(True, SUBJECT, where)
    sources = tuple(dict.fromkeys(source for sources in settings.lists.values() for source in sources))
    for source, check in zip(sources, check_lists(settings, password, sources, reader), strict=True):
        # That no song at all is analysed is one fault of the library, not one of each mood's list
        if check.problem != NOT_ANALYSED:
            yield _list(check, source, settings, has_queue=status.length > 0)
    yield _outputs(outputs, settings)
    yield from _silence(status, settings)


def _list(check: ListCheck, source: SongSource, settings: MpdConfig, *, has_queue: bool) -> Finding:
    subject = f'list "{source.name}"'
    by_sound = source.sounds and not source.playlist
    songs = f"{check.page.total} song{'s' if check.page.total > 1 else ''}"
    if not check.problem and check.missing * 2 <= len(check.page.uris):
        return Finding(True, subject, f"{songs}; {check.shortfall}" if check.shortfall else songs)
    if not check.problem:
        update = mpc_command(settings, "update --wait")
        remedy = f"{update}; or, if they stay away, look whether their disk is connected"
        return Finding(False, subject, f"{songs}; {check.shortfall}", ANALYSE if by_sound else remedy)
    remedy = mpc_command(settings, "update --wait")
    if check.problem == too_large(source):
        return Finding(False, subject, check.problem, _LARGER_BUFFER)
    if source.playlist and not check.page.uris:
        save = mpc_command(settings, f'save "{source.playlist}"')
        whole = f"{mpc_command(settings, 'add /')} && {save} && {mpc_command(settings, 'clear')}"
        remedy = save if has_queue else whole  # an empty queue makes an empty list
    if by_sound:
        remedy = ANALYSE
    elif source.filter:
        remedy = f"correct the filter in [player.playlists]; or {remedy}, if the songs are new"
    return Finding(False, subject, check.problem, remedy)


def _outputs(outputs: tuple[Output, ...], settings: MpdConfig) -> Finding:
    """Return whether one of MPD's outputs is enabled and leads to where it can be heard."""
    audible = [output for output in outputs if output.plugin != _UNHEARD and not _is_last_resort(output)]
    enabled = [output for output in outputs if output.enabled]
    on = [output for output in enabled if output in audible]
    if on:
        names = ", ".join(f"{output.name} ({output.plugin or 'output'})" for output in on)
        return Finding(True, SOUND, names)
    if audible:
        why = "only an output of the plugin null is enabled" if enabled else "no output is enabled"
        # mpc counts from 1, the protocol from 0
        enable = mpc_command(settings, f"enable {audible[0].number + 1}")
        return Finding(False, SOUND, f"{why}: nobody hears anything", enable)
    why = "MPD has only outputs of the plugin null" if outputs else "MPD has no output"
    if any(_is_last_resort(output) for output in outputs):
        why = "MPD found no sound card and tries JACK"
    return Finding(False, SOUND, f"{why}: nobody hears anything", _ADD_OUTPUT)


def _is_last_resort(output: Output) -> bool:
    return output.plugin == "jack" and output.name == _FOUND_BY_MPD


def _silence(status: Status, settings: MpdConfig) -> Iterator[Finding]:
    """Yield what else keeps an enabled output silent: a volume of 0, or an error that MPD met last."""
    if status.volume == 0:
        yield Finding(
            False, SOUND, "the volume is 0: nobody hears anything", mpc_command(settings, "volume 50")
        )
    if status.error:
        remedy = "aplay -l" if "alsa" in status.error.lower() else "journalctl -u mpd -n 20"
        yield Finding(False, SOUND, f"the last fault of MPD: {status.error}", remedy)
