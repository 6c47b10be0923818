"""`moodpid setup` writes nothing that was not answered: unusable answers, options, passwords, a full disk."""

import os
from pathlib import Path

import pytest

from moodpid.cli import main
from moodpid.cli.dialogue import NoAnswerError
from moodpid.config import Config, load
from moodpid.doctor.discovery import Address
from tests.support.setup_dialogue import Answers, Here, run

pytestmark = pytest.mark.usefixtures("_credentials")

OWNERS = '[player]\nhost = "10.255.255.1"\n[mqtt]\nhost = "10.0.0.4"\nusername = "anna"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "moodpid.toml"


@pytest.mark.parametrize("question", ["Name", "MPD", "MQTT"])
def test_the_default_that_is_kept_is_the_one_shown(path: Path, question: str) -> None:
    path.write_text(f'[device]\nname = "Attic"\n{OWNERS}')
    before = load(path)
    wrong = Answers({question: ["mqtt://x\x07"]}, agrees=True)
    well, config = run(path, "--replace", answers=wrong, here=Here())
    assert not well
    assert (config.device, config.player, config.mqtt) == (before.device, before.player, before.mqtt)


@pytest.mark.parametrize(("found", "host"), [(None, None), (Address("10.0.0.9", 1883), "10.0.0.9")])
def test_the_found_default_is_kept_as_well(path: Path, found: Address | None, host: str | None) -> None:
    user = Answers({"MQTT": ["mqtt://x"]}, agrees=True)
    _, config = run(path, here=Here(broker=found), answers=user)
    assert (config.mqtt.host if config.mqtt.enabled else None) == host


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--broker", "mqtt://10.0.0.5"), "a name or an address is wanted"),
        (("--player", "10.0.0.5:0"), "a port is a number"),
        (("--name", "Kit\x07chen"), "one line of text"),
        (("--broker-password-file", "/nowhere"), "/nowhere: the file for mqtt-password cannot be read"),
    ],
)
def test_an_option_that_cannot_be_used_ends_unattended(
    path: Path, arguments: tuple[str, ...], why: str
) -> None:
    path.write_text(OWNERS)
    with pytest.raises(NoAnswerError, match=why):
        run(path, "--replace", *arguments)
    assert path.read_text() == OWNERS
    assert list(path.parent.iterdir()) == [path]


def test_a_mistyped_option_is_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--camera", "recording", "--player", "-", "--broker", "mqtt://x"]
    assert main(["setup", "--yes", *arguments, "--config", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("moodpid: broker: 'mqtt://x'")
    assert line.endswith("; nothing was written")
    assert not path.exists()


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (b"rhubarb\nrhubarb\n", "must hold one line of text"),
        ("rhub\xe4rb\n".encode("latin-1"), "not UTF-8 text"),
        (b"", "is empty"),
    ],
)
@pytest.mark.parametrize("part", ["player", "broker"])
def test_a_password_file_that_cannot_work_is_refused(path: Path, part: str, secret: bytes, why: str) -> None:
    source = path.with_name("secret")
    source.write_bytes(secret)
    server = ("--player", "localhost", "--broker", "localhost", "--broker-username", "anna")
    with pytest.raises(NoAnswerError, match=why) as refused:
        run(path, *server, f"--{part}-password-file", str(source))
    assert str(source) in str(refused.value)
    assert "rhub" not in str(refused.value)
    assert "0xe4" not in str(refused.value)
    assert not path.exists()


def from_pipe(path: Path, content: bytes) -> tuple[bool, Config]:
    """Run setup with a password for MPD that comes through a pipe."""
    reads, writes = os.pipe()
    os.write(writes, content)
    os.close(writes)
    try:
        return run(path, "--player", "localhost", "--player-password-file", f"/dev/fd/{reads}")
    finally:
        os.close(reads)


def test_a_password_may_come_through_a_pipe(path: Path) -> None:
    well, _ = from_pipe(path, b"rhubarb\n")
    assert well
    assert path.with_name("mpd-password").read_text() == "rhubarb\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "no password"), (b"a\nb\n", "one line"), (b"rhub\xe4rb\n", "one line"), (b"x" * 5000, "4 KiB")],
)
def test_a_pipe_without_a_password_is_refused(path: Path, content: bytes, why: str) -> None:
    with pytest.raises(NoAnswerError, match=why):
        from_pipe(path, content)
    assert not path.exists()


@pytest.mark.parametrize("typed", ["rhu\x1b[Dbarb", "rhu\udce4barb"])
def test_a_typed_password_that_cannot_be_is_asked_again(path: Path, typed: str) -> None:
    user = Answers({"its password": [typed, "rhubarb"]})
    well, _ = run(path, "--player", "localhost", answers=user)
    assert well
    assert path.with_name("mpd-password").read_text() == "rhubarb\n"
    (line,) = (line for line in user.lines if "BAD" in line)
    assert "one line of text" in line
    assert "rhu" not in line


def test_a_full_disk_leaves_password_and_configuration(path: Path) -> None:
    path.write_text(OWNERS)
    password = path.with_name("mpd-password")
    password.write_text("old\n")
    path.with_name("moodpid.toml.new").mkdir()  # where the configuration cannot be written
    with pytest.raises(OSError, match="directory"):
        run(path, "--replace", "--broker", "-", answers=Answers({"its password": ["new"]}))
    assert (path.read_text(), password.read_text()) == (OWNERS, "old\n")
    assert not path.with_name("mpd-password.new").exists()
    assert not path.with_name("moodpid.toml.old").exists()
