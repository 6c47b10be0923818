"""The player and the broker, each tried by its own room."""

from collections.abc import Callable, Iterator

from moodpid import wiring
from moodpid.config import Config
from moodpid.config.exposed_secrets import credentials_folder, find_exposed
from moodpid.doctor.library import is_readable
from moodpid.errors import MoodpidError, RemediableError
from moodpid.state import Finding


def check_player(config: Config) -> Iterator[Finding]:
    """Try MPD as the service would."""
    if not config.player.enabled:
        yield Finding(True, "player", "switched off in [player]")
        return
    from moodpid.mpd.probe import probe

    with wiring.library_reader() as reader:
        # Where it may not be read, `check_library` says so once, and not each mood's list
        known = reader if is_readable(reader) else None
        yield from _probed("player", lambda: probe(config.player, wiring.mpd_password(config), known))


def check_sound(config: Config) -> Iterator[Finding]:
    """Play a tone through MPD, which is heard in the room."""
    if config.player.enabled:
        from moodpid.mpd.sound_check import SUBJECT, play_tone

        yield from _probed(SUBJECT, lambda: [play_tone(config.player, wiring.mpd_password(config))])


def check_broker(config: Config) -> Iterator[Finding]:
    """Try the broker as the service would."""
    if not config.mqtt.enabled:
        yield Finding(True, "broker", "switched off in [mqtt]")
        return
    from moodpid.mqtt.probe import probe

    yield from _probed(
        "broker",
        lambda: probe(
            config.device,
            config.mqtt,
            wiring.mqtt_password(config),
            capabilities=wiring.capabilities(config),
        ),
    )


def check_secrets(config: Config) -> Iterator[Finding]:
    """Report each password file that every user of this machine can read."""
    for fault, remedy in find_exposed(config, credentials_folder()):
        yield Finding(False, "password", fault, remedy)


def _probed(subject: str, probe: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return probe()
    except MoodpidError as error:
        return [fault_of(subject, error)]


def fault_of(subject: str, error: MoodpidError) -> Finding:
    """Return the finding for an error of the configuration or of a file that it names."""
    if isinstance(error, RemediableError):
        return Finding(False, subject, error.fault, error.remedy)
    return Finding(False, subject, str(error), "correct the file that the line names")
