"""Whatever happens to the disk: the service goes on, and what it keeps is whole, or as it was before."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.pi import Pi

pytestmark = pytest.mark.timeout(240)

STATE = "/var/lib/moodpid"
SETTINGS = f"{STATE}/settings.json"
# Enough for its own two files, and not for a third while one is written
_SMALL = "size=16k,mode=700"


@pytest.fixture(autouse=True)
def _nothing_kept(pi: Pi) -> None:
    pi.configure()
    pi.run(f"systemctl stop moodpid; rm -rf {STATE}/*")


@pytest.fixture(scope="module", autouse=True)
def _well_again(pi: Pi) -> Iterator[None]:
    yield
    pi.run(f"systemctl stop moodpid; rm -rf {STATE}/*")
    pi.restart()


@contextmanager
def read_only(pi: Pi) -> Iterator[None]:
    """A root that nobody can write, with memory where MPD, the broker and the journal write."""
    pi.run("systemctl stop moodpid mpd mosquitto; journalctl --relinquish-var")
    folders = ("/var/lib/mpd", "/var/lib/mosquitto", "/var/log/mosquitto", "/var/log/mpd")
    for folder in folders:
        pi.run(
            f"mount -t tmpfs tmpfs /mnt && cp -a {folder}/. /mnt && chown --reference {folder} /mnt && "
            f"mount --bind /mnt {folder} && umount /mnt"
        )
    # The newer call would set the overlay's options again, which it refuses
    remount = "LIBMOUNT_FORCE_MOUNT2=always mount -o remount"
    pi.run(f"{remount},ro /")
    try:
        pi.run("systemctl start mpd mosquitto")
        yield
    finally:
        pi.run(f"{remount},rw /")
        pi.run("systemctl stop moodpid mpd mosquitto")
        pi.run(f"umount {' '.join(folders)}; systemctl start mpd mosquitto; journalctl --flush")


def test_a_read_only_root_hurts_nothing(pi: Pi) -> None:
    with read_only(pi):
        assert pi.run(f"touch /etc/x {STATE}/x", check=False).returncode != 0
        since = pi.restart()
        pi.wait_until_well()
        pi.wait_until_mood("happy", "neutral", "sad")
        for dwell_s in (3, 4, 5):
            pi.set("dwell_s", dwell_s)
            pi.wait_until_published("dwell_s", f"^{dwell_s}$")
        pi.wait_until_logged(f"{SETTINGS} cannot be written: Read-only file system", since)
        about_files = [line for line in pi.said(since) if STATE in line]
        assert len(about_files) == len({line.split()[0] for line in about_files}), about_files
        assert pi.has("NRestarts") == "0"


def test_a_full_disk_loses_no_setting_once_there_is_room(pi: Pi) -> None:
    pi.run(f"systemctl stop moodpid; mount -t tmpfs -o {_SMALL} tmpfs {STATE} && chown moodpid: {STATE}")
    try:
        pi.restart()
        pi.wait_until_well()
        pi.run(f"cat /dev/zero >{STATE}/full", check=False)
        since = pi.now()
        for dwell_s in (3, 4, 5):
            pi.set("dwell_s", dwell_s)
            pi.wait_until_published("dwell_s", f"^{dwell_s}$")
        pi.wait_until_logged(f"{SETTINGS} cannot be written: No space left on device", since)
        assert len([line for line in pi.said(since) if SETTINGS in line]) == 1
        assert pi.run(f"ls {STATE}").stdout.split() == ["full", "topics.json"]
        pi.run(f"rm {STATE}/full")
        pi.wait_until_logged(f"{SETTINGS} is written again", since)
        assert json.loads(pi.run(f"cat {SETTINGS}").stdout) == {"dwell_s": "5"}
        pi.restart()
        pi.wait_until_published("dwell_s", "^5$")
    finally:
        pi.run(f"systemctl stop moodpid; umount {STATE}")


def test_a_kill_while_writing_leaves_old_or_new_settings(pi: Pi) -> None:
    chance = random.Random(8)  # noqa: S311 - the same moments every time
    settings = "for i in $(seq 2 500); do echo $i; sleep 0.01; done"
    pi.restart()
    for _ in range(4):
        pi.wait_until_published("status", "online")
        pi.run(
            f"{{ {settings} | mosquitto_pub -t moodpid/moodpid/dwell_s/set -l; }} >/dev/null 2>&1 & "
            f"sleep {chance.uniform(0.5, 2.5):.3f}; systemctl kill --kill-whom=main --signal=KILL moodpid; "
            "kill $!; pkill -x mosquitto_pub"
        )
        kept = pi.run(f"cat {SETTINGS}").stdout
        assert json.loads(kept).keys() == {"dwell_s"}, kept
        last = int(json.loads(kept)["dwell_s"])
        assert 2 <= last < 500  # it was at it
        since = pi.restart()
        pi.wait_until_published("dwell_s", f"^{last}$")
        assert not any("set aside" in line for line in pi.said(since))


def test_a_broken_file_costs_its_settings_and_one_line(pi: Pi) -> None:
    for content in ("", '{"dwell_s": "2', r"\0\0\0\0", "[[["):
        pi.run(f"systemctl stop moodpid; printf '{content}' >{SETTINGS} && chown moodpid: {SETTINGS}")
        since = pi.restart()
        lines = [line for line in pi.said(since) if SETTINGS in line]
        assert lines == [f"{SETTINGS}: not a JSON object; set aside as settings.broken"], content
    pi.wait_until_well()
