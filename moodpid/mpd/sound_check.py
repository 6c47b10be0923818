"""Play a short tone through MPD's outputs, without touching the queue: `moodpid doctor --sound`.

The tone plays in a partition of its own, into which the outputs are moved for a moment. The songs, the
volume and the state of the player stay as they are. While music plays there is nothing to try.
"""

import logging
import shlex
import time
from collections.abc import Sequence
from typing import Final

import mpd

from moodpid.config import MpdConfig
from moodpid.mpd.session import is_local, mpc_command
from moodpid.mpd.tone import served, tone
from moodpid.mpd.tone_partition import RESTORE_S, Client, OutputsAwayError, TonePartition, connected
from moodpid.state import Finding
from moodpid.system.signals import held_signals
from moodpid.text import clean

log = logging.getLogger(__name__)

SUBJECT: Final = "test tone"
GUIDE: Final = "docs/sound.md lists what can be chosen: HDMI, the jack, USB, Bluetooth, Snapcast"
_LIMIT_S: Final = 8.0  # the tone, and as long again for a slow sound card or Bluetooth
_POLL_S: Final = 0.1
_UNHEARD: Final = "null"


def play_tone(
    settings: MpdConfig, password: str = "", *, limit_s: float = _LIMIT_S, restore_s: float = RESTORE_S
) -> Finding:
    """Play the tone and report whether MPD could; call it in the main thread, which gets the signals.

    Args:
        settings: Where MPD is.
        password: Of MPD, empty for none.
        limit_s: How long the tone may take.
        restore_s: How long the outputs may take to move back.
    """
    partition = TonePartition(settings, password, restore_s)
    try:
        with connected(settings, password) as client:
            partition.bring_back()  # what a run that was killed has left there
            return _try(client, partition, limit_s)
    except OutputsAwayError as error:
        return _away(settings, error)
    except UnicodeDecodeError:  # in the name of a file at which it failed before
        return Finding(
            False, SUBJECT, "MPD shows an error that is no UTF-8", "mpc clearerror; then try again"
        )
    except (mpd.MPDError, OSError) as error:
        return Finding(False, SUBJECT, f"MPD does not play it: {clean(str(error))}", GUIDE)


def _try(client: Client, partition: TonePartition, limit_s: float) -> Finding:
    if client.status().get("state") == "play":
        return Finding(True, SUBJECT, "not needed: MPD plays music. If you do not hear it: " + GUIDE)
    outputs = [
        each["outputname"]
        for each in client.outputs()
        if each.get("outputenabled") == "1" and each.get("plugin") != _UNHEARD
    ]
    if not outputs:
        return Finding(False, SUBJECT, "MPD has no output that is enabled and can be heard", GUIDE)
    with held_signals() as received:
        try:
            with served(tone(), _own_address(client)) as uri, partition.entered(client, outputs):
                error = _play(client, uri, limit_s, received)
        except OutputsAwayError as away:
            if received:  # they end us before a finding is printed
                finding = _away(partition.settings, away)
                log.warning("%s; try: %s", finding.message, finding.remedy)
            raise
    names = clean(", ".join(outputs))
    if error:
        return Finding(False, SUBJECT, f"{names}: {clean(error)}", f"{_advice(error)}; {GUIDE}")
    return Finding(True, SUBJECT, f"played through {names}. If you did not hear it: {GUIDE}")


def _advice(error: str) -> str:
    if "alsa" in error.lower() or "audio output" in error.lower():
        return "aplay -l shows the sound cards; name one in /etc/mpd.conf"
    return "journalctl -u mpd -n 20"


def _away(settings: MpdConfig, error: OutputsAwayError) -> Finding:
    """Return what a user can do: a start of MPD undoes its partitions, and may leave the outputs disabled."""
    enable = mpc_command(settings, f"enable {shlex.join(clean(name) for name in error.names)}")
    restart = "sudo systemctl restart mpd"
    commands = f"{restart} && {enable}" if is_local(settings) else f"{restart} on its machine, then {enable}"
    again = "moodpid doctor --sound, which moves them back once the output answers"
    return Finding(False, SUBJECT, f"{error}: nobody hears anything", f"{commands}; or {again}")


def _play(client: Client, uri: str, limit_s: float, received: Sequence[int]) -> str:
    """Play one address; returns what went wrong, empty if it was played to its end."""
    client.addid(uri)
    client.play()
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if received:
            log.warning("moving the outputs back first, which may take a minute if one blocks")
            return "interrupted"
        status = client.status()
        if error := status.get("error"):
            return str(error)
        if status.get("state") != "play":
            return ""
        time.sleep(_POLL_S)
    return f"the tone did not end within {limit_s:.0f} s"


def _own_address(client: Client) -> str:
    """Return the address at which MPD can reach this process: the one that we reach MPD from."""
    own = client._sock.getsockname()  # noqa: SLF001 - python-mpd2 keeps its socket there
    return str(own[0]) if isinstance(own, tuple) else "127.0.0.1"
