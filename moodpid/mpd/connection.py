"""A connection to a real MPD: its commands as methods, with answers as types."""

import contextlib
from collections.abc import Iterator

from moodpid.mpd import answers
from moodpid.mpd.protocol import AckCode, CommandRefusedError, QueueSong, Status
from moodpid.mpd.session import SEARCH_TIMEOUT_S, MpdSession

_RELATIVE_POSITIONS = (0, 23, 3)  # the protocol from which `addid URI +0` is understood


class MpdConnection(MpdSession):
    """The methods of `moodpid.mpd.protocol.Mpd`, which raise the errors named there."""

    # What MPD is doing

    def status(self) -> Status:
        """Return what MPD is doing."""
        lines = self._ask("status")
        with self._translated():
            return answers.status(dict(answers.pairs(lines)))

    def uptime_s(self) -> float:
        """Return for how many seconds MPD has run, 0 where it does not report it."""
        try:
            lines = self._ask("stats")
        except CommandRefusedError:
            return 0.0
        with self._translated():
            return float(next(answers.values(lines, "uptime"), 0.0))

    # The queue

    def queue(self, start: int, end: int) -> tuple[QueueSong, ...]:
        """Return the songs of the queue from `start` to before `end`; none where it is shorter by now."""
        try:
            return self._songs("playlistinfo", f"{start}:{end}")
        except CommandRefusedError:
            return ()

    def queue_song(self, song_id: int) -> QueueSong | None:
        """Return the song with this id, None if the queue has none."""
        try:
            return next(iter(self._songs("playlistid", song_id)), None)
        except CommandRefusedError:
            return None

    def _songs(self, command: str, argument: object) -> tuple[QueueSong, ...]:
        lines = self._ask(command, argument)
        with self._translated():
            return tuple(answers.queue_songs(lines))

    def add(self, uri: str, offset: int | None) -> int:
        """Put a song into the queue, `offset` songs behind the current one or at the end; return its id."""
        position: tuple[object, ...] = ()
        if offset is not None and self.version_at_least(_RELATIVE_POSITIONS):
            position = (f"+{offset}",)
        elif offset is not None:
            current = self.status().song_pos
            position = () if current is None else (current + 1 + offset,)
        lines = self._ask("addid", uri, *position)
        with self._translated():
            return int(next(answers.values(lines, "Id")))

    def delete(self, song_id: int) -> None:
        """Take a song out of the queue."""
        self._ask("deleteid", song_id)

    def prioritize(self, song_id: int, priority: int) -> None:
        """Set a song's priority in random mode, from 0 to 255."""
        self._ask("prioid", priority, song_id)

    # Playing

    def play(self, song_id: int) -> None:
        """Play a song of the queue; where MPD cannot, it has left the one before, and shows the error."""
        try:
            self._search("playid", song_id)  # MPD answers once the song is open, unless it was stopped
        except CommandRefusedError as error:
            if error.code not in (AckCode.UNKNOWN, AckCode.SYSTEM):
                raise

    def stop(self) -> None:
        """Stop; MPD keeps the current song."""
        self._ask("stop")

    def resume(self) -> None:
        """End a pause; the error that MPD shows is cleared before, as it is where a song is played."""
        # Cleared afterwards, it may be the next error already, and MPD's pause would look like a user's
        with contextlib.suppress(CommandRefusedError):
            self.clear_error()
        self._ask("pause", 0)

    def clear_error(self) -> None:
        """Clear the error that the status shows."""
        self._ask("clearerror")

    def seek(self, at_s: float) -> None:
        """Go to a place in the current song, in seconds."""
        self._ask("seekcur", f"{at_s:.3f}")

    def next(self) -> None:
        """Go on to the next song."""
        self._ask("next")

    def set_volume(self, volume: int) -> None:
        """Set the volume, from 0 to 100."""
        self._ask("setvol", volume)

    # Lists and the library

    def playlist_length(self, name: str) -> int:
        """Return how many songs a stored playlist has; from protocol 0.24 on."""
        return self._number(self._search("playlistlength", name), "songs")

    def playlist_window(self, name: str, start: int, end: int) -> tuple[str, ...]:
        """Return the songs of a stored playlist from `start` to before `end`; from protocol 0.24 on."""
        return tuple(answers.values(self._search("listplaylist", name, f"{start}:{end}"), "file"))

    def playlist(self, name: str) -> Iterator[str]:
        """Yield the songs of a stored playlist; to be read to its end before the next command."""
        with self._translated():
            yield from answers.values(self._open.stream("listplaylist", (name,), SEARCH_TIMEOUT_S), "file")

    def count(self, expression: str) -> int:
        """Return how many songs of the library match a filter expression."""
        return self._number(self._search("count", expression), "songs")

    def find(self, expression: str, start: int, end: int) -> tuple[str, ...]:
        """Return the matching songs from `start` to before `end`."""
        return tuple(answers.values(self._search("find", expression, "window", f"{start}:{end}"), "file"))

    def find_records(self, expression: str, start: int, end: int) -> tuple[dict[str, str], ...]:
        """Return the matching songs with all of their tags, from `start` to before `end`."""
        found = self._search("find", expression, "window", f"{start}:{end}")
        return tuple(answers.records(found, "file", several=("Genre", "Mood")))

    def database_version(self) -> str:
        """Return a text that changes with each update of the library; empty where none was reported.

        The time of the last update has whole seconds, so how many songs there are tells apart two in one.
        """
        try:
            stats = dict(answers.pairs(self._ask("stats")))
        except CommandRefusedError:
            return ""
        return f"{stats['db_update']} {stats.get('songs', '')}" if "db_update" in stats else ""

    def music_directory(self) -> str:
        """Return the music folder; empty where not reported: only clients on the local socket get it."""
        try:
            return next(answers.values(self._ask("config"), "music_directory"), "")
        except CommandRefusedError:
            return ""

    def has_song(self, uri: str) -> bool:
        """Return whether MPD could add this song now: in its library, or an address that it can open."""
        scheme, colon, _ = uri.partition(":")
        if colon and scheme.lower() in self._url_schemes():
            return True
        if "://" in uri:
            return False
        try:
            return any(True for _ in answers.values(self._search("lsinfo", uri), "file"))
        except CommandRefusedError as error:
            return error.code not in (AckCode.NO_EXIST, AckCode.PERMISSION, AckCode.ARG)

    def _url_schemes(self) -> frozenset[str]:
        if self._schemes is None:
            handlers = answers.values(self._ask("urlhandlers"), "handler")
            self._schemes = frozenset(handler.rstrip(":/").lower() for handler in handlers)
        return self._schemes

    def stickers(self, uri: str) -> dict[str, str]:
        """Return the stickers at a song."""
        return answers.stickers(self._ask("sticker", "list", "song", uri))

    def songs_with_sticker(self, name: str) -> dict[str, str]:
        """Return the value of a sticker at each song that has it."""
        return answers.songs_with_sticker(self._ask("sticker", "find", "song", "", name), name)

    def set_sticker(self, uri: str, name: str, value: str) -> None:
        """Set one sticker at a song."""
        self._ask("sticker", "set", "song", uri, name, value)

    # Other clients

    def channels(self) -> tuple[str, ...]:
        """Return the channels that have subscribers."""
        return tuple(answers.values(self._ask("channels"), "channel"))

    def subscribe(self, channel: str) -> None:
        """Subscribe to a channel for as long as the connection lasts."""
        self._ask("subscribe", channel)

    def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""
        self._ask("unsubscribe", channel)

    def send_message(self, channel: str, text: str) -> None:
        """Send a message to all subscribers of a channel."""
        self._ask("sendmessage", channel, text)

    def read_messages(self) -> tuple[tuple[str, str], ...]:
        """Return the messages that came on our channels, each with its channel."""
        return answers.messages(self._ask("readmessages"))
