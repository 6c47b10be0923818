"""Report what each mood would play now, and why: for `moodpid playlists`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from moodpid.config import MpdConfig, SongSource
from moodpid.errors import ExitCode, MoodpidError
from moodpid.library.places import PLACES
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import music_request_for
from moodpid.mood.strategy import mood_for_next_song, start_path
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.picker import Pick, Picker
from moodpid.mpd.protocol import Mpd, MpdGoneError
from moodpid.mpd.song_lists import ListCheck, Page, check_list, too_large
from moodpid.mpd.sound_source import SoundSource
from moodpid.text import clean_lines

NEXT_SONGS = 10
_MAX_TRIES = 200  # songs that a list names and MPD does not have


class NothingToPlayError(MoodpidError):
    """None of a mood's lists can be used."""

    exit_code = ExitCode.SOME_FAILED


@dataclass(frozen=True, slots=True)
class ListReport:
    """One entry of a mood's list.

    Attributes:
        name: Of the playlist, filter or folder.
        songs: How many it has.
        weight: As in the configuration.
        problem: One line on why it cannot be used, empty if it can.
        shortfall: One line on songs that MPD does not have, empty if it has all that were tried.
    """

    name: str
    songs: int
    weight: float
    problem: str
    shortfall: str = ""


@dataclass(frozen=True, slots=True)
class MoodReport:
    """What a mood would play.

    Attributes:
        mood: The mood.
        borrowed: The neighbour whose lists it takes, None if it has its own or none.
        lists: What it takes songs from; empty: the player is left as it is.
    """

    mood: Mood
    borrowed: Mood | None
    lists: tuple[ListReport, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is missing."""
        return not any(entry.problem for entry in self.lists)


def report(settings: MpdConfig, password: str = "", reader: LibraryReader | None = None) -> list[MoodReport]:
    """Return what each of the eight moods would play, asked of MPD; changes nothing there.

    Raises:
        MpdGoneError: MPD is not there.
        MpdDeniedError: It denies access.
    """
    sources = dict.fromkeys(source for sources in settings.lists.values() for source in sources)
    checks = dict(zip(sources, check_lists(settings, password, tuple(sources), reader), strict=True))
    return [_mood(settings, mood, checks) for mood in Mood]


def check_lists(
    settings: MpdConfig,
    password: str,
    sources: Sequence[SongSource],
    reader: LibraryReader | None = None,
) -> Iterator[ListCheck]:
    """Yield what comes of reading each list; one with whose answer MPD hangs up costs no other.

    Raises:
        MpdGoneError: MPD is not there.
        MpdDeniedError: It denies access.
    """
    rng = Random()  # noqa: S311 - songs, not secrets
    sounds = SoundSource(reader, rng)
    waiting = list(sources)
    while waiting:
        with MpdConnection(settings, password) as link:
            try:
                while waiting:
                    yield _check(link, waiting[0], sounds, rng)
                    del waiting[0]
            except MpdGoneError as error:
                if not error.dropped:
                    raise
                yield ListCheck(Page(problem=too_large(waiting.pop(0))))


def _check(link: Mpd, source: SongSource, sounds: SoundSource, rng: Random) -> ListCheck:
    if source.sounds is None:
        return check_list(link, source, rng)
    place = PLACES[source.sounds.value]
    found = sounds.candidates(link, source, place, NEXT_SONGS, lambda _uri: True, ())
    missing = sum(not link.has_song(uri) for uri in found.uris)
    return ListCheck(Page(found.uris, found.total, found.problem), missing)


def _mood(settings: MpdConfig, mood: Mood, checks: Mapping[SongSource, ListCheck]) -> MoodReport:
    first = mood_for_next_song(start_path(mood, None), settings.lists, {})
    sources = settings.lists[first] if first else ()
    return MoodReport(
        mood,
        first if first is not mood else None,
        tuple(
            ListReport(source.name, check.page.total, source.weight, check.problem, check.shortfall)
            for source in sources
            if (check := checks[source])
        ),
    )


def dry_run(
    settings: MpdConfig,
    mood: Mood,
    password: str = "",
    rng: Random | None = None,
    reader: LibraryReader | None = None,
) -> list[Pick]:
    """Return the next ten songs of `mood` as they would be picked, with the reasons; changes nothing there.

    Returns:
        The songs; none if the mood leaves the player as it is.

    Raises:
        NothingToPlayError: No list of the mood can be used.
        MpdGoneError: MPD is not there.
        MpdDeniedError: It denies access.
    """
    picker = Picker(settings, rng or Random(), reader=reader)  # noqa: S311 - songs, not secrets
    request = music_request_for(start_path(mood, None), settings.names, settings.active_targets)
    picks: list[Pick] = []
    with MpdConnection(settings, password) as link:
        for at_s in range(_MAX_TRIES):
            if len(picks) == NEXT_SONGS:
                break
            pick = (
                picker.pick(link, request, [p.uri for p in picks[-1:]], at_s) if request.playlists else None
            )
            if pick is None:
                break
            if not link.has_song(pick.uri):
                picker.memory.mark_refused(pick.uri, at_s)
                continue
            picks.append(pick)
            picker.memory.mark_playing(pick.uri, at_s)
            picker.on_added()
    if picker.problems.known and not picks:
        raise NothingToPlayError(f"{mood}: {_nothing([entry.name for entry in picker.problems.known])}")
    return picks


def as_text(reports: list[MoodReport]) -> str:
    """Return the report for people: a line for each list of each mood, and for each fault."""
    wrong: dict[str, list[str]] = {}
    for one in reports:
        for entry in one.lists:
            if entry.problem:
                wrong.setdefault(entry.problem, []).append(str(one.mood))
    faults = [f"{', '.join(moods)}: {problem}" for problem, moods in wrong.items()]
    return clean_lines("\n".join([line for one in reports for line in _lines(one)] + faults))


def _lines(one: MoodReport) -> list[str]:
    borrowed = f" (as {one.borrowed})" if one.borrowed else ""
    if not one.lists:
        return [f"{one.mood:<9} leaves the player as it is"]
    good = [_describe_count(entry) for entry in one.lists if not entry.problem]
    parts = good or [_nothing([entry.name for entry in one.lists])]
    return [f"{one.mood:<9} {what}{borrowed}" for what in parts]


def _nothing(names: list[str]) -> str:
    return f"nothing to play: {', '.join(names)} cannot be used"


def _describe_count(entry: ListReport) -> str:
    shortfall = f"; {entry.shortfall}" if entry.shortfall else ""
    return f"{entry.songs} songs in {entry.name}, weight {entry.weight:g}{shortfall}"


def picks_as_text(picks: list[Pick]) -> str:
    """Return a dry run for people, a line for each song."""
    lines = (f"{number:>2}  {pick.uri}  ({pick.why})" for number, pick in enumerate(picks, start=1))
    return clean_lines("\n".join(lines))
