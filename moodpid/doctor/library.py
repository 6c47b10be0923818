"""How much of the library is analysed, where the configuration plays by sound."""

import socket
from collections.abc import Iterable, Iterator

from moodpid import wiring
from moodpid.addresses import is_loopback
from moodpid.config import AnalyseWhen, Config
from moodpid.errors import MoodpidError
from moodpid.library import ffmpeg
from moodpid.library.analysis.files import MusicFolderError, require_folder
from moodpid.library.backlog import ANALYSE, NO_SONGS, UPDATE
from moodpid.library.database import LibraryDeniedError, LibraryFileError
from moodpid.library.reader import LibraryReader
from moodpid.library.records import analyzer_version
from moodpid.library_listing import local_folder
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.music_folder import music_folder
from moodpid.state import Finding
from moodpid.system.unit_limits import AddressFilter, read_address_filter

_SUBJECT = "library"
_UNIT = "moodpid-analyse.service"


def check_library(config: Config) -> Iterator[Finding]:
    """Report how far the analysis is; a fault only where moods play by sound and nothing is analysed."""
    sources = [source for sources in config.player.lists.values() for source in sources]
    wanted = config.player.enabled and any(source.sounds for source in sources)
    network = (wiring.DATA / "musicnn.npz").exists()
    try:
        with wiring.library_reader() as reader:
            backlog = reader.backlog(analyzer_version(network=network))
            tried = reader.fact("folder")
    except LibraryDeniedError as error:
        yield Finding(True, _SUBJECT, str(error))
        return
    except LibraryFileError as error:
        yield Finding(False, _SUBJECT, error.fault, error.remedy)
        return
    except MoodpidError as error:
        yield Finding(False, _SUBJECT, str(error), ANALYSE)
        return
    if wanted and not backlog.analyzed and (fault := _obstacle(config)):
        yield fault
        return
    nightly = config.library.analyse is AnalyseWhen.NIGHTLY
    if nightly or (wanted and not backlog.analyzed):
        yield from _unit_fault(config)
    if not backlog.listed:
        if wanted:
            never_listed = "no song is analysed, and the moods play by the sound of songs"
            yield Finding(False, _SUBJECT, *((NO_SONGS, UPDATE) if tried else (never_listed, ANALYSE)))
        return
    rest = f", {backlog.waiting} wait{' for the night' if nightly else ''}" if backlog.waiting else ""
    failed = f", {backlog.failed} could not be read" if backlog.failed else ""
    how = "" if network else ", without the music network"
    message = f"{backlog.analyzed} of {backlog.listed} songs are analysed{how}{rest}{failed}"
    yield Finding(bool(backlog.analyzed) or not wanted, _SUBJECT, message, ANALYSE if backlog.waiting else "")


def blocked_address(addresses: Iterable[str], may_reach: AddressFilter) -> str:
    """Return a server's first address if a unit may reach none of its addresses; else an empty string.

    Args:
        addresses: IPv4 or IPv6, in the order in which they are tried.
        may_reach: Of the unit.
    """
    remote = [address for address in addresses if not is_loopback(address)]
    return "" if any(map(may_reach.admits, remote)) else next(iter(remote), "")


def is_readable(reader: LibraryReader) -> bool:
    """Return whether neither rights nor a full disk keep this user from reading the database."""
    try:
        reader.counts()
    except (LibraryDeniedError, LibraryFileError):
        return False
    except MoodpidError:
        pass
    return True


def _obstacle(config: Config) -> Finding | None:
    """Return what keeps songs from being analysed at all."""
    if not ffmpeg.is_installed():
        return Finding(False, _SUBJECT, ffmpeg.MISSING, ffmpeg.INSTALL)
    if fault := _folder_fault(config):
        return Finding(False, _SUBJECT, fault, "sudoedit /etc/moodpid/moodpid.toml")
    return None


def _unit_fault(config: Config) -> Iterator[Finding]:
    """Report that the unit, other than a user who analyses by hand, may not reach MPD."""
    host = config.player.host
    may_reach = read_address_filter(_UNIT)
    if not (config.player.enabled and may_reach.denied) or host.startswith(("/", "@")):
        return
    try:
        found = socket.getaddrinfo(host, config.player.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # the findings about the player say so
    if address := blocked_address((str(place[0]).partition("%")[0] for *_, place in found), may_reach):
        message = (
            f"{_UNIT} may not reach MPD at {host}: below [Service] it needs the line IPAddressAllow={address}"
        )
        yield Finding(False, _SUBJECT, message, "sudo systemctl edit moodpid-analyse")


def _folder_fault(config: Config) -> str:
    """Return one line on why the analysis would find no files; empty if it would, or MPD does not answer."""
    try:
        require_folder(local_folder(config.library.music or _folder_of_mpd(config)))
    except MusicFolderError as error:
        return str(error)
    except MoodpidError:
        return ""  # the findings about the player say what is wrong with MPD
    return ""


def _folder_of_mpd(config: Config) -> str:
    password = wiring.mpd_password(config)
    with MpdConnection(config.player, password) as connection:
        return music_folder(connection, config.player, password)
