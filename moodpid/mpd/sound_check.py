"""Play a short tone through MPD's outputs, without touching the queue: `moodpid doctor --sound`.

The tone plays in a partition of its own, into which the outputs are moved for a moment. The songs, the
volume and the state of the player stay as they are. While music plays there is nothing to try.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import mpd

from moodpid.config import MpdConfig
from moodpid.mpd.tone import served, tone
from moodpid.state import Finding
from moodpid.text import clean

SUBJECT: Final = "test tone"
GUIDE: Final = "docs/sound.md lists what can be chosen: HDMI, the jack, USB, Bluetooth, Snapcast"
_PARTITION: Final = "moodpid-doctor"
_TIMEOUT_S: Final = 5.0
_LIMIT_S: Final = 8.0  # the tone, and as long again for a slow sound card or Bluetooth
_POLL_S: Final = 0.1
_UNHEARD: Final = "null"


def play_tone(settings: MpdConfig, password: str = "", *, limit_s: float = _LIMIT_S) -> Finding:
    """Play the tone and report whether MPD could.

    Args:
        settings: Where MPD is.
        password: Of MPD, empty for none.
        limit_s: How long the tone may take.
    """
    client = mpd.MPDClient()
    client.timeout = _TIMEOUT_S
    try:
        client.connect(settings.host, settings.port)
        with contextlib.closing(_Closer(client)):
            if password:
                client.password(password)
            if settings.partition:
                client.partition(settings.partition)
            return _try(client, settings.partition or "default", limit_s)
    except UnicodeDecodeError:  # in the name of a file at which it failed before
        return Finding(
            False, SUBJECT, "MPD shows an error that is no UTF-8", "mpc clearerror; then try again"
        )
    except (mpd.MPDError, OSError) as error:
        return Finding(False, SUBJECT, f"MPD does not play it: {clean(str(error))}", GUIDE)


class _Closer:
    def __init__(self, client: Any) -> None:  # noqa: ANN401 - python-mpd2 has no types
        self._client = client

    def close(self) -> None:
        with contextlib.suppress(mpd.MPDError, OSError):
            self._client.disconnect()


def _try(client: Any, home: str, limit_s: float) -> Finding:  # noqa: ANN401 - as above
    if client.status().get("state") == "play":
        return Finding(True, SUBJECT, "not needed: MPD plays music. If you do not hear it: " + GUIDE)
    outputs = [
        each["outputname"]
        for each in client.outputs()
        if each.get("outputenabled") == "1" and each.get("plugin") != _UNHEARD
    ]
    if not outputs:
        return Finding(False, SUBJECT, "MPD has no output that is enabled and can be heard", GUIDE)
    with served(tone(), _own_address(client)) as uri, _apart(client, home, outputs):
        error = _play(client, uri, limit_s)
    names = clean(", ".join(outputs))
    if error:
        return Finding(False, SUBJECT, f"{names}: {clean(error)}", f"{_advice(error)}; {GUIDE}")
    return Finding(True, SUBJECT, f"played through {names}. If you did not hear it: {GUIDE}")


def _advice(error: str) -> str:
    if "alsa" in error.lower() or "audio output" in error.lower():
        return "aplay -l shows the sound cards; name one in /etc/mpd.conf"
    return "journalctl -u mpd -n 20"


@contextlib.contextmanager
def _apart(client: Any, home: str, outputs: Sequence[str]) -> Iterator[None]:  # noqa: ANN401 - as above
    """Enter a partition of our own with these outputs, and put everything back afterwards."""
    with contextlib.suppress(mpd.CommandError):  # left over, if the doctor before was killed
        client.newpartition(_PARTITION)
    client.partition(_PARTITION)
    try:
        for name in outputs:
            client.moveoutput(name)
        client.clear()
        yield
    finally:
        client.stop()
        client.clear()
        client.partition(home)
        for name in outputs:
            client.moveoutput(name)
        with contextlib.suppress(mpd.CommandError):
            client.delpartition(_PARTITION)


def _play(client: Any, uri: str, limit_s: float) -> str:  # noqa: ANN401 - as above
    """Play one address; returns what went wrong, empty if it was played to its end."""
    client.addid(uri)
    client.play()
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        status = client.status()
        if error := status.get("error"):
            return str(error)
        if status.get("state") != "play":
            return ""
        time.sleep(_POLL_S)
    return f"the tone did not end within {limit_s:.0f} s"


def _own_address(client: Any) -> str:  # noqa: ANN401 - as above
    """Return the address at which MPD can reach this process: the one that we reach MPD from."""
    own = client._sock.getsockname()  # noqa: SLF001 - python-mpd2 keeps its socket there
    return str(own[0]) if isinstance(own, tuple) else "127.0.0.1"
