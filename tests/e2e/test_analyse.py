"""`moodpid analyse` and `moodpid library` as people call them, against a real MPD."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from demo.library import generate
from mpd import MPDClient

from moodpid.library import ffmpeg
from moodpid.library.database import LibraryError
from moodpid.library.reader import LibraryReader
from tests.support.environment import require
from tests.support.servers import PrivateMpd

pytestmark = pytest.mark.e2e


@dataclass
class Home:
    """A music folder, an MPD that has read it, and moodpid's state."""

    folder: Path
    mpd: PrivateMpd
    settings: str = ""
    host: str = ""  # of MPD; its socket if empty
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        config = self.folder / "moodpid.toml"
        player = f'host = "{self.host or self.mpd.socket}"\nport = {self.mpd.port}'
        config.write_text(f"[player]\n{player}\n{self.settings}", encoding="utf-8")
        return [sys.executable, "-m", "moodpid", *arguments, "--config", str(config)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, timeout=600, env=self.env
        )

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "STATE_DIRECTORY": str(self.folder / "state"), **self.environment}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two dozen songs, made once."""
    return generate(tmp_path_factory.mktemp("songs") / "library", seconds=4.0)


@pytest.fixture
def home(tmp_path: Path, songs: Path) -> Iterator[Home]:
    require("ffmpeg", "mpd")
    shutil.copytree(songs, tmp_path / "library")
    with PrivateMpd(tmp_path / "library", within=tmp_path) as mpd:
        yield Home(tmp_path, mpd)


def test_a_library_is_analysed_shown_and_not_analysed_twice(home: Home) -> None:
    assert "no song is known yet" in home.run("analyse", "--status").stdout
    assert home.run("library").returncode == 1
    first = home.run("analyse", "--limit", "10")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("10 songs analysed")
    assert "14 wait" in first.stdout
    assert home.run("analyse").stdout.startswith("14 songs analysed")
    assert home.run("analyse").stdout.startswith("0 songs analysed")
    assert home.run("analyse", "--status").stdout.startswith("24 of 24 songs are analysed")
    picture = home.folder / "library.svg"
    shown = home.run("library", "--picture", str(picture))
    assert "happy: " in shown.stdout
    assert picture.read_text(encoding="utf-8").count("<circle") == 24


def test_a_share_away_for_a_night_costs_no_song(home: Home) -> None:
    home.run("analyse", "--limit", "3")
    share = home.mpd.music.rename(home.folder / "unmounted")
    home.mpd.music.mkdir()
    home.mpd.mpc("update", "--wait")
    away = home.run("analyse")
    assert (away.returncode, "mount it" in away.stderr) == (1, True)
    home.mpd.music.rmdir()
    share.rename(home.mpd.music)
    assert home.run("analyse", "--status").stdout.startswith("3 of 24 songs are analysed")


def test_a_part_away_for_a_night_costs_no_song(home: Home) -> None:
    home.run("analyse", "--limit", "3")
    assert home.run("analyse", "--status").stdout.startswith("3 of 24 songs are analysed")
    kept = home.folder / "kept"
    kept.mkdir()
    folders = [folder for folder in home.mpd.music.iterdir() if folder.name != "sad"]
    for folder in folders:
        folder.rename(kept / folder.name)
    home.mpd.mpc("update", "--wait")
    # At once: at night it would wait while the machine is busy with other tests
    night = home.run("analyse", "--nightly", "--stop-after", "1e-9")
    assert "a share may be away" in night.stderr, night.stderr
    assert " of 24 songs are analysed" in home.run("analyse", "--status").stdout
    by_hand = home.run("analyse", "--limit", "1")
    assert by_hand.returncode == 0
    assert " of 3 songs are analysed" in home.run("analyse", "--status").stdout


def test_tracks_of_a_cue_sheet_are_analysed(home: Home) -> None:
    first, second, *_ = sorted((home.mpd.music / "sad").glob("*.wav"))
    sheet = [f'FILE "{first.name}" WAVE', "TRACK 01 AUDIO", "INDEX 01 00:00:00"]
    sheet += [f'FILE "{second.name}" WAVE', "TRACK 02 AUDIO", "INDEX 01 00:00:00"]
    (home.mpd.music / "sad" / "album.cue").write_text("\n".join(sheet), encoding="utf-8")
    home.mpd.mpc("update", "--wait")
    assert "sad/album.cue/track0002" in home.mpd.mpc("listall")
    home.run("analyse")
    status = home.run("analyse", "--status").stdout
    assert "0 wait, 0 could not be read" in status


def test_a_library_without_songs_names_mpd_s_update(home: Home) -> None:
    for folder in home.mpd.music.iterdir():
        shutil.rmtree(folder)
    (home.mpd.music / "readme.txt").write_text("songs follow", encoding="utf-8")
    home.mpd.mpc("update", "--wait")
    done = home.run("analyse")
    assert (done.returncode, "mpc update" in done.stderr) == (1, True)
    assert "mpc update" in home.run("analyse", "--status").stdout


def test_an_mpd_on_a_port_tells_on_its_socket(home: Home) -> None:
    home.host = "127.0.0.1"  # as the configuration begins, and setup writes it
    nowhere = home.run("analyse", "--limit", "1")
    assert nowhere.returncode == 1
    assert "set music in [library]" in nowhere.stderr
    runtime = home.folder / "runtime"
    (runtime / "mpd").mkdir(parents=True)
    (runtime / "mpd" / "socket").symlink_to(home.mpd.socket)
    home.environment["XDG_RUNTIME_DIR"] = str(runtime)
    found = home.run("analyse", "--limit", "1")
    assert found.stdout.startswith("1 song analysed"), found.stderr


def test_another_mpd_s_folder_is_not_taken(home: Home, tmp_path: Path) -> None:
    home.host = "127.0.0.1"
    with PrivateMpd(within=tmp_path) as other:
        (tmp_path / "runtime" / "mpd").mkdir(parents=True)
        (tmp_path / "runtime" / "mpd" / "socket").symlink_to(other.socket)
        home.environment["XDG_RUNTIME_DIR"] = str(tmp_path / "runtime")
        assert home.run("analyse", "--limit", "1").returncode == 1


def test_files_without_music_are_named_and_cost_nothing_else(home: Home) -> None:
    (home.mpd.music / "text.wav").write_text("no music at all", encoding="utf-8")
    (home.mpd.music / "short.wav").write_bytes((home.mpd.music / "sad/november.wav").read_bytes()[:60_000])
    shutil.copy(home.mpd.music / "sad/november.wav", home.mpd.music / os.fsdecode(b"M\xf6tley.wav"))
    home.mpd.mpc("update", "--wait")
    done = home.run("analyse")
    assert done.returncode == 0, done.stderr
    assert "short.wav: shorter than 3 seconds" in done.stdout
    assert "24 songs analysed" in done.stdout
    assert "1 known under another name" in done.stdout  # its bytes are no UTF-8


def test_an_interrupted_analysis_resumes_where_it_stopped(home: Home) -> None:
    for number, songs in ((signal.SIGKILL, 3), (signal.SIGTERM, 6)):
        process = subprocess.Popen(home.command("analyse"), stdout=subprocess.DEVNULL, env=home.env)
        wait_for_songs(home.folder / "state" / "library.sqlite", songs)
        process.send_signal(number)
        assert process.wait(60) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert home.run("analyse").returncode == 0
    assert home.run("analyse", "--status").stdout.startswith("24 of 24 songs are analysed")


def wait_for_songs(path: Path, count: int) -> None:
    deadline_s = time.monotonic() + 60
    with LibraryReader(path) as reader:
        while time.monotonic() < deadline_s:
            with contextlib.suppress(LibraryError):  # not yet made
                if reader.counts().analyzed >= count:
                    return
            time.sleep(0.05)
    raise AssertionError("no song was analysed")


def test_at_night_nothing_is_done_unless_the_configuration_says_so(home: Home) -> None:
    home.environment = {"TRIGGER_UNIT": "moodpid-analyse.timer"}
    assert "nothing to do" in home.run("analyse", "--nightly").stdout
    home.settings = '[library]\nanalyse = "nightly"\n'
    assert "24 wait" in home.run("analyse", "--nightly", "--stop-after", "1e-9").stdout


def test_a_missing_music_folder_is_one_line_with_the_remedy(home: Home) -> None:
    home.settings = f'[library]\nmusic = "{home.folder}/nowhere"\n'
    failed = home.run("analyse")
    assert failed.returncode == 1
    (line,) = failed.stderr.splitlines()
    assert "set music in [library]" in line


def test_a_missing_decoder_is_one_line_with_its_package(home: Home) -> None:
    home.environment = {"PATH": str(home.folder)}
    failed = home.run("analyse")
    assert failed.returncode == 78
    assert ffmpeg.MISSING in failed.stderr
    assert f"{ffmpeg.MISSING}: {ffmpeg.INSTALL}" in home.run("analyse", "--status").stdout


def test_without_songs_no_picture_is_written(home: Home) -> None:
    picture = home.folder / "songs.svg"
    failed = home.run("library", "--picture", str(picture))
    assert failed.returncode == 1
    assert "no song is analysed yet" in failed.stderr
    assert not picture.exists()


def test_like_needs_a_song_an_analysis_and_the_service(home: Home) -> None:
    nothing = home.run("like")
    assert nothing.returncode == 1
    assert "nothing plays" in nothing.stderr
    unknown = home.run("like", "happy/open-windows.wav")
    assert "is not analysed: run moodpid analyse" in unknown.stderr
    assert home.run("analyse", "--limit", "24").returncode == 0
    alone = home.run("like", "happy/open-windows.wav")
    assert alone.returncode == 1
    assert "no moodpid drives this MPD" in alone.stderr
    service, channel = MPDClient(), f"moodpid_{0:020d}_{0:08x}"
    service.timeout = 30
    service.connect("127.0.0.1", home.mpd.port)
    with contextlib.ExitStack() as stack:
        stack.callback(service.disconnect)
        service.subscribe(channel)
        liked = home.run("like", "happy/open-windows.wav")
        song = "The Happy Three: Open Windows"
        assert liked.stdout == f"songs like {song} follow until the mood changes or no more are alike\n"
        assert service.readmessages() == [{"channel": channel, "message": "like happy/open-windows.wav"}]


def test_root_leaves_no_files_in_the_folder_of_the_service(home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("this is not root")
    state = home.folder / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    refused = home.run("analyse")
    assert refused.returncode == 1
    assert "sudo -u moodpid moodpid analyse" in refused.stderr
    assert not list(state.iterdir())
