"""The private servers themselves: what the other tests lean on."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from demo.library import STYLES, playlist, tracks

from tests.support.environment import require
from tests.support.servers import PrivateMosquitto, PrivateMpd, ServerError

ROOT = Path(__file__).parents[2]


def test_mpd_reads_the_tags_of_every_generated_track(mpd: PrivateMpd) -> None:
    listed = mpd.mpc("listall", "-f", "%file%;%title%;%artist%;%album%;%genre%;%time%").splitlines()
    expected = [f"{t.path};{t.title};{t.artist};{t.album};{t.genre};10:00" for m in STYLES for t in tracks(m)]
    assert sorted(listed) == sorted(expected)


@pytest.mark.parametrize("mood", STYLES)
def test_every_mood_has_a_stored_playlist(mpd: PrivateMpd, mood: str) -> None:
    assert mpd.mpc("playlist", "-f", "%file%", playlist(mood)).split() == [t.path for t in tracks(mood)]


def test_mpd_plays_in_real_time_and_has_a_volume(mpd: PrivateMpd) -> None:
    mpd.mpc("load", "Happy")
    mpd.mpc("play")
    mpd.mpc("volume", "40")
    assert "[playing] #1/3" in mpd.mpc("status")
    assert "volume: 40%" in mpd.mpc("status")


def test_mpd_keeps_its_stickers_over_a_crash(mpd: PrivateMpd) -> None:
    song = tracks("happy")[0].path
    mpd.mpc("sticker", song, "set", "like", "2")
    mpd.kill()
    mpd.start()
    assert mpd.mpc("sticker", song, "get", "like").strip() == "like=2"


def test_mpd_keeps_its_queue_over_a_stop(mpd: PrivateMpd) -> None:
    mpd.mpc("load", "Sad")
    mpd.stop()
    mpd.start()
    assert len(mpd.mpc("playlist").splitlines()) == 3


def test_mpd_answers_on_its_unix_socket(mpd: PrivateMpd) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(mpd.socket))
        assert connection.recv(64).startswith(b"OK MPD ")


def test_mpd_with_a_password_refuses_those_without() -> None:
    require("mpd", "mpc")
    with PrivateMpd(password="secret") as mpd:
        assert "volume" in mpd.mpc("status")
        mpd.password = ""
        assert "volume" not in mpd.mpc("status", check=False)


def test_a_killed_server_comes_back_on_the_same_port(mosquitto: PrivateMosquitto) -> None:
    port, pid = mosquitto.port, mosquitto.pid
    mosquitto.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((mosquitto.host, port), timeout=30)
    mosquitto.start()
    assert (mosquitto.port, mosquitto.pid != pid) == (port, True)


def test_a_frozen_server_accepts_and_is_silent(mosquitto: PrivateMosquitto) -> None:
    mosquitto.freeze()
    with socket.create_connection((mosquitto.host, mosquitto.port), timeout=30) as connection:
        connection.sendall(bytes.fromhex("100c 0004 4d515454 04 02 003c 0000"))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        mosquitto.thaw()
        connection.settimeout(5)
        assert connection.recv(1) == b"\x20"


@pytest.mark.parametrize(("password", "fine"), [("right", True), ("wrong", False)])
def test_mosquitto_with_a_password_knows_who_may_come_in(password: str, fine: bool) -> None:
    require("mosquitto", "mosquitto_pub")
    with PrivateMosquitto(username="ada", password="right") as broker:
        done = subprocess.run(
            ["mosquitto_pub", "-p", str(broker.port), "-u", "ada", "-P", password, "-t", "a", "-n"],
            check=False, capture_output=True, timeout=30,
        )  # fmt: skip
    assert (done.returncode == 0) == fine


def test_mosquitto_with_tls_is_trusted_with_its_authority() -> None:
    require("mosquitto", "openssl")
    with (
        PrivateMosquitto(tls=True) as broker,
        socket.create_connection((broker.host, broker.port), 5) as plain,
    ):
        context = ssl.create_default_context(cafile=str(broker.ca))
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            assert connection.getpeercert()


def test_mosquitto_with_tls_is_not_trusted_by_others() -> None:
    require("mosquitto", "openssl")
    with (
        PrivateMosquitto(tls=True) as broker,
        socket.create_connection((broker.host, broker.port), 5) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_a_server_that_cannot_start_says_why(mosquitto: PrivateMosquitto) -> None:
    mosquitto.stop()
    (mosquitto.folder / "mosquitto.conf").write_text("no_such_setting 1\n", encoding="utf-8")
    with pytest.raises(ServerError, match="no_such_setting"):
        mosquitto.start()


def test_nothing_is_left_of_a_server_that_is_closed() -> None:
    require("mosquitto")
    with PrivateMosquitto() as broker:
        pid, folder = broker.pid, broker.folder
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_servers_die_with_a_parent_that_is_killed() -> None:
    require("mpd", "mpc", "mosquitto")
    code = (
        "import time\n"
        "from tests.support import servers\n"
        "with servers.PrivateMpd() as mpd, servers.PrivateMosquitto() as broker:\n"
        "    print(mpd.pid, broker.pid, mpd.folder, broker.folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        *pids, _, _ = words = parent.stdout.readline().split()
        parent.send_signal(signal.SIGKILL)
    try:
        _wait_until_gone([int(pid) for pid in pids])
    finally:
        subprocess.run(["rm", "-r", *words[2:]], check=True, timeout=30)


def _wait_until_gone(pids: list[int], deadline_s: float = 5.0) -> None:
    end = time.monotonic() + deadline_s
    while alive := [pid for pid in pids if _alive(pid)]:
        assert time.monotonic() < end, f"still there: {alive}"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    """Return False for a zombie too: its new parent may reap it late."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
