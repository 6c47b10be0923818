"""A pretend Pi with our package, an MPD that nobody hears, and a broker."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pi.machine import Machine, root_of

FPS = 8  # twice the usual pace, so that tests need half the time
# Quick changes of mood, and restarts that do not add up to minutes
CONFIG = f"""
[camera]
source = "SOURCE"
loop = true
fps = {FPS}
[mood]
smoothing_s = 0.5
dwell_s = 1.0
somebody_after_s = 0.5
nobody_after_s = 1.0
[player]
autoplay = true
[player.playlists]
happy = ["Happy"]
neutral = ["Neutral"]
sad = ["Sad"]
"""
# Debian's own units of the two servers start again only when told to
SERVER = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=1\n"
CAMERA = f"[Service]\nEnvironment=VIRTUAL_CAMERA_FPS={FPS} VIRTUAL_CAMERA_HANG=/run/hang\n"


def package_for(suite: str, packages: Path) -> str:
    """The name of the package that was built for a suite of Debian; empty if there is none."""
    number = {"bookworm": 12, "trixie": 13}[suite]
    return next((file.name for file in packages.glob(f"moodpid_*+deb{number}_*.deb")), "")


class Pi(Machine):
    """The machine, with shorthands for what the scenarios need.

    Args:
        suite: trixie (its camera is picamera2 over the software camera) or bookworm (a recording).
        packages: The folder with the packages.
        library: Music and playlists.
        frames: Folders of what the software camera shows, by name.
    """

    def __init__(self, suite: str, packages: Path, library: Path, frames: Path) -> None:
        super().__init__(root_of(suite), {packages: "/packages", library: "/library", frames: "/frames"})
        self.source = "picamera2" if suite == "trixie" else "recording"
        self.package = f"/packages/{package_for(suite, packages)}"

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._prepare()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)

    def _prepare(self) -> None:
        """Servers and a camera, nothing of ours yet but a drop-in for the camera's stand-in."""
        self.run("cp -r /library/music /library/playlists /var/lib/mpd/ && chown -R mpd:audio /var/lib/mpd")
        output = 'audio_output {\n type "null"\n name "nobody hears it"\n}\n'
        # 0.23 of Debian 12 reads no second file, 0.24 of Debian 13 does
        self.write("/etc/mpd_local.conf", output)
        self.run("grep -q mpd_local /etc/mpd.conf || cat /etc/mpd_local.conf >>/etc/mpd.conf")
        for unit in ("mpd", "mosquitto"):
            self.write(f"/etc/systemd/system/{unit}.service.d/again.conf", SERVER)
        self.write("/etc/systemd/system/moodpid.service.d/camera.conf", CAMERA)
        self.run("systemctl daemon-reload && systemctl start mosquitto mpd && mpc -q update --wait")

    def write(self, path: str, text: str) -> None:
        """Make a file inside."""
        self.run(f"mkdir -p $(dirname {path}) && cat >{path} <<'END OF FILE'\n{text}\nEND OF FILE")

    def configure(self, more: str = "") -> None:
        """Write the configuration of the service."""
        self.write("/etc/moodpid/moodpid.toml", CONFIG.replace("SOURCE", self.source) + more)

    def show(self, name: str) -> None:
        """Put other pictures before the software camera, and open it anew by starting the service again."""
        self.run(f"mkdir -p /opt/frames && rm -f /opt/frames/* && cp /frames/{name}/* /opt/frames/")

    def install(self, package: str = "") -> str:
        """Install a package as a person would; what apt says."""
        # Like everybody, apt keeps the configuration that somebody changed when nobody answers
        command = (
            "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --allow-downgrades "
            f"-o Dpkg::Options::=--force-confold {package or self.package} 2>&1"
        )
        return self.run(command).stdout

    def has(self, name: str, unit: str = "moodpid") -> str:
        """A property of a unit, as `systemctl show` has it."""
        return self.tell(f"systemctl show --property {name} --value {unit}").strip()

    def retained(self, topic: str) -> str:
        """What the broker keeps below the device's topics; empty if nothing."""
        return self.tell(f"mosquitto_sub -t moodpid/moodpid/{topic} --retained-only -C 1 -W 2").strip()

    def mood(self) -> str:
        """The mood that the home sees."""
        told: dict[str, Any] = json.loads(self.retained("mood") or "{}")
        return str(told.get("mood"))

    def wait_until_mood(self, *moods: str, limit_s: float = 20.0) -> None:
        """Until the home sees one of these moods."""
        wanted = "|".join(moods)
        self.wait_for(
            "mosquitto_sub -t moodpid/moodpid/mood --retained-only -C 1 -W 1 | "
            f'grep -qE \'"mood": "({wanted})"\'',
            limit_s=limit_s,
        )

    def wait_until_well(self, *, limit_s: float = 60.0) -> None:
        """Until everything runs, and the home and the player can tell."""
        self.wait_for("systemctl is-active moodpid mpd mosquitto", limit_s=limit_s)
        self.wait_for(
            "mosquitto_sub -t moodpid/moodpid/status --retained-only -C 1 -W 1 | grep -q online",
            limit_s=limit_s,
        )
        self.wait_for(
            "mosquitto_sub -t moodpid/moodpid/camera --retained-only -C 1 -W 1 | grep -q watching",
            limit_s=limit_s,
        )
        self.wait_for(
            "mosquitto_sub -t moodpid/moodpid/player --retained-only -C 1 -W 1 | grep -qE 'play|stop|pause'",
            limit_s=limit_s,
        )
