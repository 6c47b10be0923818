"""How much of the library is analysed, where the configuration plays by sound."""

from collections.abc import Iterator

from moodpid import wiring
from moodpid.config import AnalyseWhen, Config
from moodpid.errors import MoodpidError
from moodpid.library.records import analyzer_version
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
    except MoodpidError as error:
        yield Finding(False, _SUBJECT, str(error), _ANALYSE)
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
