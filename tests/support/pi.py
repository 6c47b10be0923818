"""A containerised Pi with the package, an MPD with a null output, and a broker."""

import json
import re
from pathlib import Path
from typing import Any, Self

from tests.support.container import Machine, root_of

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
# Debian's own units of the two servers start again only on request
SERVER = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=1\n"
CHANGED = "# somebody was here"  # in a configuration
HANG = "/run/hang"
WEBCAM = "VIRTUAL_WEBCAM=/opt/frames/0.jpg"
CAMERA = f"[Service]\nEnvironment=VIRTUAL_CAMERA_FPS={FPS} VIRTUAL_CAMERA_HANG={HANG}\n"


def package_for(suite: str, packages: Path) -> str:
    """Return the name of the package for a suite of Debian; empty if there is none."""
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
        self.suite = suite
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

    def _prepare(self) -> None:
        """Prepare servers and a camera; of moodpid only a drop-in for the camera's stand-in."""
        self.run("cp -r /library/music /library/playlists /var/lib/mpd/ && chown -R mpd:audio /var/lib/mpd")
        output = 'audio_output {\n type "null"\n name "nobody hears it"\n}\n'
        # 0.23 of Debian 12 reads no second file, 0.24 of Debian 13 does
        self.write("/etc/mpd_local.conf", output)
        self.run("grep -q mpd_local /etc/mpd.conf || cat /etc/mpd_local.conf >>/etc/mpd.conf")
        for unit in ("mpd", "mosquitto"):
            self.write(f"/etc/systemd/system/{unit}.service.d/again.conf", SERVER)
        self.drop_in("camera", CAMERA)
        self.run("systemctl start mosquitto mpd && mpc -q update --wait")

    def write(self, path: str, text: str) -> None:
        """Make a file inside."""
        self.run(f"mkdir -p $(dirname {path}) && cat >{path} <<'END OF FILE'\n{text}\nEND OF FILE")

    def drop_in(self, name: str, text: str) -> None:
        """Add lines to the service's unit, or take them away again with an empty text."""
        self.write(f"/etc/systemd/system/moodpid.service.d/{name}.conf", text)
        self.run("systemctl daemon-reload")

    def configure(self, more: str = "", *, camera: str = "", **mood: float) -> None:
        """Write the configuration of the service.

        Args:
            more: More tables.
            camera: More lines for `[camera]`.
            mood: Other values for the keys of `[mood]`.
        """
        text = CONFIG.replace("SOURCE", self.source).replace("[camera]", f"[camera]\n{camera}")
        for key, value in mood.items():
            text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert found == 1, key
        self.write("/etc/moodpid/moodpid.toml", text + more)

    def restart(self) -> str:
        """Restart the service without systemd's pause; return the moment between, for `said`.

        Raises:
            AssertionError: It does not start; with what it said.
        """
        self.run("systemctl stop moodpid; systemctl reset-failed moodpid", check=False)
        moment = self.now()
        started = self.run("systemctl start moodpid", check=False)
        assert started.returncode == 0, "\n".join([started.stderr, *self.said(moment)])
        return moment

    def show(self, name: str) -> None:
        """Put other pictures before the software camera; it shows them when it is opened the next time."""
        self.run(f"mkdir -p /opt/frames && rm -f /opt/frames/* && cp /frames/{name}/* /opt/frames/")

    def give_camera(self) -> None:
        """Let the software camera, if there is one, show a happy face."""
        self.drop_in("camera", CAMERA)
        if self.source == "picamera2":
            self.show("happy")

    def plug_webcam_in(self) -> None:
        """Bring the webcam's stand-in, which the service uses from its next start on."""
        site = "/usr/lib/python3/dist-packages"  # the last to be read: numpy is found by then
        self.run(
            f"cp /packages/source/tests/support/virtual_webcam.py {site}/ && "
            f"echo 'import virtual_webcam' >{site}/virtual_webcam.pth"
        )
        self.drop_in("webcam", f"[Service]\nEnvironment={WEBCAM}\n")

    def install(self, package: str = "") -> str:
        """Install a package as a user would; return what apt prints."""
        # Nobody is there to answer. A package of 0.1.0 asks, and tools/install answers like this
        answer = "-o Dpkg::Options::=--force-confold " if package else ""
        command = (
            "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --allow-downgrades "
            f"{answer}{package or self.package} 2>&1 </dev/null"
        )
        return self.run(command).stdout

    def has(self, name: str, unit: str = "moodpid") -> str:
        """Return a property of a unit, as `systemctl show` has it."""
        return self.tell(f"systemctl show --property {name} --value {unit}").strip()

    def retained(self, topic: str) -> dict[str, Any]:
        """Return the object that the broker retains on one of the device's topics; empty if none."""
        output = self.tell(f"mosquitto_sub -t moodpid/moodpid/{topic} --retained-only -C 1 -W 2")
        read: dict[str, Any] = json.loads(output or "{}")
        return read

    def set(self, control: str, value: object) -> None:
        """Set something over MQTT."""
        self.run(f"mosquitto_pub -t moodpid/moodpid/{control}/set -m '{value}'")

    def now(self) -> str:
        """Return this moment in the journal, for `said`."""
        return self.run("journalctl --quiet --lines 0 --show-cursor").stdout.split()[-1]

    def said(self, since: str) -> list[str]:
        """Return the lines about the service in the journal after a moment."""
        return self.run(
            f"journalctl --unit moodpid --after-cursor '{since}' --output cat"
        ).stdout.splitlines()

    def wait_until_logged(self, text: str, since: str, *, limit_s: float = 30.0) -> None:
        """Wait until a line about the service has this text, an extended regular expression."""
        said = f"journalctl --unit moodpid --after-cursor '{since}' --output cat"
        self.wait_for(f"{said} | grep -E '{text}'", limit_s=limit_s)

    def wait_until_published(self, topic: str, text: str, *, limit_s: float = 30.0) -> None:
        """Wait until a retained topic has this text, an extended regular expression."""
        output = f"mosquitto_sub -t moodpid/moodpid/{topic} --retained-only -C 1 -W 1"
        self.wait_for(f"{output} | grep -E '{text}'", limit_s=limit_s)

    def wait_until_mood(self, *moods: str, limit_s: float = 20.0) -> None:
        """Wait until one of these moods is published."""
        self.wait_until_published("mood", f'"mood": "({"|".join(moods)})"', limit_s=limit_s)

    def wait_until_well(self, *, limit_s: float = 60.0) -> None:
        """Wait until service and servers run, and camera and player are published as well."""
        self.wait_for("systemctl is-active moodpid mpd mosquitto", limit_s=limit_s)
        self.wait_until_published("status", "online", limit_s=limit_s)
        self.wait_until_published("camera", "watching", limit_s=limit_s)
        self.wait_until_published("player", "play|stop|pause", limit_s=limit_s)
