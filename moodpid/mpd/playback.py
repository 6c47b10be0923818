"""Go to another song of the queue without locking other clients out of MPD."""

from collections.abc import Callable

from moodpid.mpd.fade import Fader
from moodpid.mpd.protocol import AckCode, CommandRefusedError, Mpd, PlayState, QueueSong
from moodpid.mpd.streams import is_address


def play(
    link: Mpd,
    fader: Fader,
    song_id: int,
    *,
    faded: QueueSong | None = None,
    on_stop: Callable[[], object] | None = None,
) -> bool:
    """Play a song of the queue.

    Args:
        link: To MPD.
        fader: Fades out the song before.
        song_id: Which.
        faded: The song before, where it is to be faded out.
        on_stop: Called just before MPD is stopped. None: MPD is not stopped, but plays the song at once.

    Returns:
        Whether it was done: not if a user stopped the music or chose another song before the fade was over.

    Raises:
        MpdGoneError: The connection was lost.
        CommandRefusedError: MPD refused to.
    """

    def leave() -> None:
        if on_stop is None:
            link.play(song_id)
        else:
            if link.queue_song(song_id) is None:  # taken out meanwhile: nothing would play after the stop
                raise CommandRefusedError(AckCode.NO_EXIST, "playid", "No such song")
            on_stop()
            link.stop()

    if faded is None:
        leave()
    elif not fader.fade_out(link, faded.id, leave):
        return False
    if on_stop is not None:  # the volume is the user's again: a station may never open
        link.play(song_id)
    return True


def skip(link: Mpd, on_stop: Callable[[], object]) -> int | None:
    """Go on to the next song; return the id of the song that was left, None if nothing plays.

    Args:
        link: To MPD.
        on_stop: Called right before MPD is stopped, where the next song comes from an address.

    Raises:
        MpdGoneError: The connection was lost.
        CommandRefusedError: MPD refused to.
    """
    status = link.status()
    if status.state is not PlayState.PLAY:
        return None
    following = None if status.next_id is None else link.queue_song(status.next_id)
    if following is None or status.consume or not is_address(following.uri):
        link.next()  # with consume, only this takes out the song that is left
    else:
        on_stop()
        link.stop()
        link.play(following.id)
    return status.song_id
