"""A private MPD with a library of its own."""

import shutil
import socket
import subprocess
from pathlib import Path

from tests.support.servers.server import READY_S, Server


def sound_card() -> bool:
    """Whether ALSA knows a sound card."""
    try:
        return "]:" in Path("/proc/asound/cards").read_text(encoding="utf-8")
    except OSError:
        return False


class PrivateMpd(Server):
    """An MPD with a null output, stored playlists, stickers and a state file.

    Args:
        library: A folder with `music` and `playlists` (see `demo.library`); the playlists are copied, so that
            clients may change them. Without it there are no songs.
        password: What clients must give for everything; nothing without it.
        audible: Play through the sound card as well, if there is one.
        within: The folder to make its own folder in; that for temporary files without it.
    """

    program = "mpd"

    def __init__(
        self,
        library: Path | None = None,
        *,
        password: str = "",
        audible: bool = False,
        within: Path | None = None,
    ) -> None:
        super().__init__(password, within)
        self.host = "127.0.0.1"
        self.socket = self.folder / "socket"
        self.music = library / "music" if library else self.folder / "music"
        self.playlists = self.folder / "playlists"
        if library:
            shutil.copytree(library / "playlists", self.playlists)
        for folder in (self.music, self.playlists):
            folder.mkdir(exist_ok=True)
        (self.folder / "mpd.conf").write_text(self._config(audible=audible), encoding="utf-8")

    def _config(self, *, audible: bool) -> str:
        settings = {
            "music_directory": self.music,
            "playlist_directory": self.playlists,
            "db_file": self.folder / "database",
            "sticker_file": self.folder / "stickers.sql",
            "state_file": self.folder / "state",
            "port": self.port,
            "zeroconf_enabled": "no",
            "auto_update": "no",
            # MPD answers nobody while it waits for its output, at the end of the queue or before it takes
            # another next song, and waits by chunks of so many bytes: the more bytes a second, the shorter.
            # Every sound card takes the lower rate
            "audio_output_format": "44100:16:2" if audible else "96000:16:2",
            "audio_buffer_size": "256 kB",
        }
        lines = [f'{key} "{value}"' for key, value in settings.items()]
        lines += [f'bind_to_address "{address}"' for address in (self.host, self.socket)]
        if self.password:
            lines.append(f'password "{self.password}@read,add,control,admin"')
        # MPD plays on as long as one of its outputs works: a card that is busy stops nothing
        kinds = ["null", "alsa"] if audible and sound_card() else ["null"]
        lines += [f'audio_output {{\ntype "{k}"\nname "{k}"\nmixer_type "software"\n}}' for k in kinds]
        return "\n".join(lines) + "\n"

    def _arguments(self) -> list[str]:
        return ["--no-daemon", "--stderr", str(self.folder / "mpd.conf")]

    def _answers(self) -> bool:
        with socket.create_connection((self.host, self.port), timeout=1) as connection:
            return connection.recv(6) == b"OK MPD"

    @property
    def version(self) -> tuple[int, ...]:
        """Version of the protocol, as the greeting gives it."""
        with socket.create_connection((self.host, self.port), timeout=READY_S) as connection:
            greeting = connection.makefile().readline()
        return tuple(map(int, greeting.split()[-1].split(".")))

    def start(self) -> None:
        """As for every server; the first start reads the library too."""
        fresh = not (self.folder / "database").exists()
        super().start()
        if fresh:
            self.mpc("update", "--wait")

    def mpc(self, *arguments: str, check: bool = True) -> str:
        """Run `mpc` against this server, as the other person in the house; what it prints.

        Raises:
            subprocess.CalledProcessError: mpc failed, and `check` is set.
        """
        host = f"{self.password}@{self.host}" if self.password else self.host
        command = ["mpc", f"--host={host}", f"--port={self.port}", *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=READY_S).stdout
