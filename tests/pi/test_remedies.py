"""Each fault that doctor names is mended by the remedy that it names: from the fault to ok, by its words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.pi import FPS, WEBCAM, Pi

pytestmark = pytest.mark.timeout(240)

# The container has no sudo, and everything in it is done as root
_SUDO = """#!/bin/sh
if [ "$1" = -u ]; then user=$2; shift 2; exec runuser -u "$user" -- "$@"; fi
exec "$@"
"""
# One output that can be heard, as far as MPD knows: it has a volume, and can be switched off
_OUTPUT = """
audio_output {
 type "fifo"
 name "Speakers"
 path "/run/mpd/speakers"
 mixer_type "software"
}
"""
# Puts files back, and restarts only what has read another
_AGAIN = """
same() { cmp -s "/root/${1##*/}" "$1" || { cp "/root/${1##*/}" "$1"; false; }; }
same /etc/mpd.conf || systemctl restart mpd
if rm /etc/mosquitto/conf.d/locked.conf; then systemctl restart mosquitto; fi
again=
if rm /etc/moodpid/*-password; then again=yes; fi
same /etc/moodpid/moodpid.toml || again=yes
for each in /usr/local/lib/python3*/dist-packages/picamera2.away; do
  if [ -e $each ]; then mv $each ${each%.away}; fi
done
cp -p /library/playlists/* /var/lib/mpd/playlists/ && chown mpd /var/lib/mpd/playlists/*
systemctl enable -q --now mpd mosquitto
if [ "$again" ] || ! systemctl is-active moodpid; then
  systemctl reset-failed moodpid
  systemctl restart moodpid
fi
"""
_LOCKED_BROKER = "listener 1884\\nallow_anonymous false\\npassword_file /etc/mosquitto/pw"
_BY_HAND = 'set source = "webcam" in [camera], then: '
_MOST_REMEDIES = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and what mends it.

    Attributes:
        name: For the test's name.
        causes: Shell commands that bring it about.
        subject: What doctor says of it begins with this.
        remedy: The beginning of what doctor advises.
        typed: What the user types where the remedy reads it.
    """

    name: str
    causes: str
    subject: str
    remedy: str
    typed: str = ""


FAULTS = (
    Fault(
        "MPD is stopped", "systemctl disable --now mpd.socket mpd", "player", "sudo systemctl enable --now"
    ),
    Fault(
        "the broker is stopped", "systemctl disable --now mosquitto", "broker", "sudo systemctl enable --now"
    ),
    Fault("no list, empty queue", "mpc -q clear; mpc -q rm Happy", "list", "mpc add / && mpc save"),
    Fault("no list, songs queued", "mpc -q clear; mpc -q add /; mpc -q rm Happy", "list", "mpc save"),
    Fault("the output is off", "mpc -q disable Speakers", "sound", "mpc enable"),
    Fault("the volume is zero", "mpc -q volume 0", "sound", "mpc volume"),
    Fault(
        "the service is older than its configuration",
        "sleep 1.1; touch /etc/moodpid/moodpid.toml",
        "service",
        "sudo systemctl restart moodpid",
    ),
    Fault(
        "the service was killed by a wrong configuration",
        "cp /etc/moodpid/moodpid.toml /root/good; echo '[nonsense]' >>/etc/moodpid/moodpid.toml; "
        "systemctl restart moodpid; cp /root/good /etc/moodpid/moodpid.toml",
        "service",
        "sudo moodpid check names what to correct, then: sudo systemctl restart moodpid",
    ),
    Fault(
        "every user can read a password",
        "echo rhubarb >/etc/moodpid/mqtt-password; chmod 644 /etc/moodpid/mqtt-password",
        "password",
        "sudo ch",
    ),
    Fault(
        "the broker refuses the password",
        f"printf '{_LOCKED_BROKER}' >/etc/mosquitto/conf.d/locked.conf; "
        "mosquitto_passwd -b -c /etc/mosquitto/pw pi rhubarb; chown mosquitto /etc/mosquitto/pw; "
        "systemctl restart mosquitto; "
        "printf '[mqtt]\\nport = 1884\\nusername = \"pi\"\\n' >>/etc/moodpid/moodpid.toml; "
        "echo wrong >/etc/moodpid/mqtt-password; chgrp moodpid /etc/moodpid/mqtt-password; "
        "chmod 640 /etc/moodpid/mqtt-password; systemctl restart moodpid",
        "broker",
        "sudo install -m 640 -g moodpid /dev/stdin /etc/moodpid/mqtt-password",
        "rhubarb",
    ),
    Fault(
        "MPD wants a password",
        'printf \'password "rhubarb@read,add,control,player,admin"\\ndefault_permissions "read"\\n\' '
        ">>/etc/mpd.conf; systemctl restart mpd",
        "player",
        "sudo install -m 640 -g moodpid /dev/stdin /etc/moodpid/mpd-password",
        "rhubarb",
    ),
    Fault(
        "nothing can be heard",
        "cp /root/mpd.conf.before /etc/mpd.conf; systemctl restart mpd",
        "sound",
        "printf 'audio_output",
    ),
    Fault(
        "the page does not answer",
        "printf '[web]\\nenabled = true\\n' >>/etc/moodpid/moodpid.toml; "
        "touch --date yesterday /etc/moodpid/moodpid.toml",
        "page",
        "sudo systemctl restart moodpid",
    ),
    Fault(
        "there is no picamera2",
        "for each in /usr/local/lib/python3*/dist-packages/picamera2; do mv $each $each.away; done; "
        "sed -i 's/^source = .*/source = \"picamera2\"/' /etc/moodpid/moodpid.toml; "
        "systemctl restart moodpid",
        "camera",
        _BY_HAND + "sudo systemctl restart moodpid",
    ),
)


@pytest.fixture(scope="module")
def well_pi(pi: Pi) -> Iterator[Pi]:
    """The containerised Pi with sudo, and an output that can be heard."""
    pi.run("cp /etc/mpd.conf /root/mpd.conf.before")
    pi.write("/usr/local/bin/sudo", _SUDO)
    pi.run(f"chmod 755 /usr/local/bin/sudo; printf '{_OUTPUT}' >>/etc/mpd.conf; systemctl restart mpd")
    pi.show("happy")
    pi.plug_webcam_in()
    pi.configure()
    pi.restart()
    pi.write("/root/again", _AGAIN)
    pi.run("cp /etc/mpd.conf /etc/moodpid/moodpid.toml /root/")
    yield pi
    pi.run("cp /root/mpd.conf.before /etc/mpd.conf; rm -f /usr/local/bin/sudo; systemctl restart mpd")


@pytest.fixture(autouse=True)
def _as_before(well_pi: Pi) -> Iterator[None]:
    """Take away what a fault has left, and restart what had read it."""
    well_pi.run("mpc -q clear; mpc -q enable Speakers; mpc -q volume 50")
    well_pi.wait_until_well()
    yield
    well_pi.run("sh /root/again", timeout_s=240)


def faults(pi: Pi) -> list[tuple[str, str]]:
    """Return subject and remedy of all that doctor finds at fault, but for the machine of the test."""
    lines = pi.tell(
        f"VIRTUAL_CAMERA_FPS={FPS} {WEBCAM} runuser -u moodpid -- moodpid doctor --json"
    ).splitlines()
    found = [json.loads(line) for line in lines]
    return [
        (one["subject"], one["remedy"])
        for one in found
        if not one["ok"] and one["subject"] not in ("clock", "machine", "power", "heat")
    ]


def follow(pi: Pi, remedy: str, typed: str) -> None:
    """Do what a remedy says: the first of its alternatives, word by word."""
    command, _, _ = remedy.partition("; or")
    command = command.removeprefix("sudo moodpid check names what to correct, then: ")
    command = command.replace(
        _BY_HAND, "sed -i 's/^source = .*/source = \"webcam\"/' /etc/moodpid/moodpid.toml && "
    )
    command, reads, _ = command.partition(", and type the password")
    pi.run(f"printf '{typed}\\n' | {command}" if reads else command)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_what_doctor_advises_mends_the_fault(well_pi: Pi, fault: Fault) -> None:
    pi = well_pi
    if fault.subject == "list":
        pi.run("systemctl stop moodpid")  # it would put songs into the queue
    assert faults(pi) == []
    pi.run(fault.causes, check=False)
    subject, remedy = next(each for each in faults(pi) if each[0].startswith(fault.subject))
    assert remedy.startswith(fault.remedy), remedy
    left = [(subject, remedy)]
    for _ in range(_MOST_REMEDIES):
        follow(pi, left[0][1], fault.typed)
        left = faults(pi)
        if not left:
            break
    assert left == []


def test_packages_that_doctor_advises_exist(pi: Pi) -> None:
    for package in ("mpd", "mosquitto", "systemd-timesyncd", "python3-systemd"):
        pi.run(f"apt-get --simulate install {package} || apt-cache show {package}")
