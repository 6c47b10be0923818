"""What each mood would play now, and why: for `moodpid playlists`."""

from dataclasses import dataclass
from random import Random

from moodpid.config import MpdConfig
from moodpid.errors import ExitCode, MoodpidError
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import music_request_for
from moodpid.mood.strategy import mood_for_next_song, start_path
from moodpid.mpd.connection import Mpd, MpdConnection
from moodpid.mpd.picker import Pick, Picker
from moodpid.mpd.song_lists import read_page

NEXT_SONGS = 10


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
    """

    name: str
    songs: int
    weight: float
    problem: str


@dataclass(frozen=True, slots=True)
class MoodReport:
    """What a mood would play.

    Attributes:
        mood: The mood.
        borrowed: The neighbour whose lists it takes for want of its own, None if it has its own or none.
        lists: What it takes songs from; empty: the player is left as it is.
    """

    mood: Mood
    borrowed: Mood | None
    lists: tuple[ListReport, ...]

    @property
    def ok(self) -> bool:
        """Nothing is missing."""
        return not any(entry.problem for entry in self.lists)


def report(settings: MpdConfig, password: str = "") -> list[MoodReport]:
    """What each of the eight moods would play, asked of MPD; changes nothing there.

    Raises:
        MpdGoneError: MPD is not there.
        MpdDeniedError: It does not let us in.
    """
    with MpdConnection(settings, password) as link:
        return [_mood(link, settings, mood) for mood in Mood]


def _mood(link: Mpd, settings: MpdConfig, mood: Mood) -> MoodReport:
    first = mood_for_next_song(start_path(mood, None), settings.lists, {})
    entries = settings.lists[first] if first else ()
    pages = [(entry, read_page(link, entry, Random())) for entry in entries]  # noqa: S311 - for the count
    return MoodReport(
        mood,
        first if first is not mood else None,
        tuple(ListReport(entry.name, page.total, entry.weight, page.problem) for entry, page in pages),
    )


def dry_run(settings: MpdConfig, mood: Mood, password: str = "", rng: Random | None = None) -> list[Pick]:
    """The next ten songs of `mood` as they would be picked, each with its reason; changes nothing in MPD.

    Returns:
        The songs; none if the mood leaves the player as it is.

    Raises:
        NothingToPlayError: No list of the mood can be used.
        MpdGoneError: MPD is not there.
        MpdDeniedError: It does not let us in.
    """
    picker = Picker(settings, rng or Random())  # noqa: S311 - songs, not secrets
    request = music_request_for(start_path(mood, None), settings.names, {})
    picks: list[Pick] = []
    with MpdConnection(settings, password) as link:
        for at_s in range(NEXT_SONGS):
            pick = (
                picker.pick(link, request, [p.uri for p in picks[-1:]], at_s) if request.playlists else None
            )
            if pick is None:
                break
            picks.append(pick)
            picker.on_finished(pick.uri, at_s)
            picker.on_added()
    if picker.problems and not picks:
        raise NothingToPlayError(f"{mood}: {_nothing([entry.name for entry in picker.problems])}")
    return picks


def as_text(reports: list[MoodReport]) -> str:
    """The report for people: a line for each list of each mood, then for each fault, with all its moods."""
    wrong: dict[str, list[str]] = {}
    for one in reports:
        for entry in one.lists:
            if entry.problem:
                wrong.setdefault(entry.problem, []).append(str(one.mood))
    faults = [f"{', '.join(moods)}: {problem}" for problem, moods in wrong.items()]
    return "\n".join([line for one in reports for line in _lines(one)] + faults)


def _lines(one: MoodReport) -> list[str]:
    borrowed = f" (as {one.borrowed})" if one.borrowed else ""
    if not one.lists:
        return [f"{one.mood:<9} leaves the player as it is"]
    good = [_describe_count(entry) for entry in one.lists if not entry.problem]
    told = good or [_nothing([entry.name for entry in one.lists])]
    return [f"{one.mood:<9} {what}{borrowed}" for what in told]


def _nothing(names: list[str]) -> str:
    return f"nothing to play: {', '.join(names)} {'is' if len(names) == 1 else 'are'} missing or empty"


def _describe_count(entry: ListReport) -> str:
    return f"{entry.songs} songs in {entry.name}, weight {entry.weight:g}"


def picks_as_text(picks: list[Pick]) -> str:
    """A dry run for people, a line for each song."""
    return "\n".join(f"{number:>2}  {pick.uri}  ({pick.why})" for number, pick in enumerate(picks, start=1))
