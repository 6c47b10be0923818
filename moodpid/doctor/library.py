"""How much of the library is analysed, where the configuration plays by sound."""

import shutil
from collections.abc import Iterator

from moodpid import wiring
from moodpid.config import AnalyseWhen, Config
from moodpid.errors import MoodpidError
from moodpid.library.analysis.files import MusicFolderError, require_folder
from moodpid.library.database import LibraryDeniedError
from moodpid.library.reader import LibraryReader
from moodpid.library.records import analyzer_version
from moodpid.library_listing import local_folder
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.music_folder import music_folder
from moodpid.state import Finding

_SUBJECT = "library"
_ANALYSE = "sudo -u moodpid moodpid analyse"


def check_library(config: Config) -> Iterator[Finding]:
    """Report how far the analysis is; a fault only where moods play by sound and nothing is analysed."""
    sources = [source for sources in config.player.lists.values() for source in sources]
    wanted = config.player.enabled and any(source.sounds for source in sources)
    network = (wiring.DATA / "musicnn.npz").exists()
    try:
        with wiring.library_reader() as reader:
            backlog = reader.backlog(analyzer_version(network=network))
    except LibraryDeniedError as error:
        yield Finding(True, _SUBJECT, str(error))
        return
    except MoodpidError as error:
        yield Finding(False, _SUBJECT, str(error), _ANALYSE)
        return
    if wanted and not backlog.analyzed and (fault := _obstacle(config)):
        yield fault
        return
    if not backlog.listed:
        if wanted:
            message = "no song is analysed, and the moods play by the sound of songs"
            yield Finding(False, _SUBJECT, message, _ANALYSE)
        return
    nightly = config.library.analyse is AnalyseWhen.NIGHTLY
    rest = f", {backlog.waiting} wait{' for the night' if nightly else ''}" if backlog.waiting else ""
    failed = f", {backlog.failed} could not be read" if backlog.failed else ""
    how = "" if network else ", without the music network"
    message = f"{backlog.analyzed} of {backlog.listed} songs are analysed{how}{rest}{failed}"
    yield Finding(
        bool(backlog.analyzed) or not wanted, _SUBJECT, message, _ANALYSE if backlog.waiting else ""
    )


def is_readable(reader: LibraryReader) -> bool:
    """Return whether this user may read the database."""
    try:
        reader.counts()
    except LibraryDeniedError:
        return False
    except MoodpidError:
        pass
    return True


def _obstacle(config: Config) -> Finding | None:
    """Return what keeps songs from being analysed at all."""
    if shutil.which("ffmpeg") is None:
        return Finding(False, _SUBJECT, "no song can be analysed without ffmpeg", "sudo apt install ffmpeg")
    if fault := _folder_fault(config):
        return Finding(False, _SUBJECT, fault, "sudoedit /etc/moodpid/moodpid.toml")
    return None


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
