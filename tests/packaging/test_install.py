"""tools/install keeps the package to which it promises to go back, and no other system's counts."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.commands import output
from tests.support.rooms import REPOSITORY

_PROGRAMS = {
    "apt-get": 'for last; do :; done; dpkg-deb -f "$last" Version >"$SYSTEM/installed"',
    "df": "echo Avail; echo 9000M",
    "dpkg": '[ "$1" != --print-architecture ] || echo arm64',
    "dpkg-query": 'cat "$SYSTEM/installed"',
    "ffmpeg": "",
    "moodpid": "",
    "runuser": "",
    "sudo": 'exec "$@"',
    "systemctl": """case $* in
  *is-active*) exit 3 ;;
  *is-enabled*) cat "$SYSTEM/enabled"; exit 1 ;;
  *StatusText*) cat "$SYSTEM/status" ;;
esac""",
    "build": """if [ "$1" = --suffix ]; then echo deb12; exit; fi
cd "$SYSTEM" && ./pack "$(cat next)+deb12" """,
    "pack": """mkdir -p tree/DEBIAN && printf 'Package: moodpid\\nVersion: %s\\nArchitecture: arm64\\n\
Maintainer: A <a@b>\\nDescription: moodpid\\n' "$1" >tree/DEBIAN/control
dpkg-deb --build --root-owner-group tree "$SYSTEM/dist/moodpid_$1_arm64.deb" >/dev/null
echo "$SYSTEM/dist/moodpid_$1_arm64.deb" """,
}


class Pi:
    """A checkout on a system whose programs take a package for installed, and do nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("dist", "bin", "tools/packaging"):
            (folder / name).mkdir(parents=True)
        for name, lines in _PROGRAMS.items():
            below = {"build": "tools/packaging", "pack": "."}.get(name, "bin")
            (folder / below / name).write_text(f"#!/bin/sh\nset -e\n{lines}\n")
            (folder / below / name).chmod(0o755)
        script = (REPOSITORY / "tools/install").read_text()
        script = script.replace(
            "/run/systemd/system", str(folder / "systemd")
        )  # this machine may have another
        (folder / "tools/install").write_text(script)
        shutil.copymode(REPOSITORY / "tools/install", folder / "tools/install")
        self.write("installed", "")

    def write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)

    def boot(self, enabled: str, status: str = "") -> None:
        """Run systemd, with a unit in this state that does not run."""
        (self._folder / "systemd").mkdir()
        self.write("enabled", f"{enabled}\n")
        self.write("status", f"{status}\n")

    def install(self, version: str = "", code: int = 0) -> str:
        """Return what tools/install prints for a checkout of this version, or, without one, goes back."""
        self.write("next", version)
        options = ["--webcam"] if version else ["--previous"]
        return self._run(self._folder / "tools/install", *options, code=code)

    def pack(self, version: str) -> None:
        """Build a package, and leave it in dist/."""
        self._run(self._folder / "pack", version)

    @property
    def installed(self) -> str:
        return (self._folder / "installed").read_text().strip()

    @property
    def kept(self) -> set[str]:
        return {file.name.split("_")[1] for file in self._folder.glob("dist/*.deb")}

    def _run(self, *command: str | Path, code: int = 0) -> str:
        path = f"{self._folder / 'bin'}:{os.environ['PATH']}"
        printed = output(*command, code=code, cwd=self._folder, PATH=path, SYSTEM=str(self._folder))
        self._age()
        return printed

    def _age(self) -> None:
        """Let a minute pass for the packages, whatever the resolution of their dates is."""
        for file in self._folder.glob("dist/*.deb"):
            there = file.stat().st_mtime_ns - 60 * 10**9
            os.utime(file, ns=(there, there))


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_an_upgrade_can_be_taken_back_and_repeated(pi: Pi) -> None:
    assert "--previous" not in pi.install("0.2.0")
    assert "back to 0.2.0+deb12: tools/install --previous" in pi.install("0.3.0")
    assert "back to 0.3.0+deb12: tools/install --previous" in pi.install()
    assert pi.installed == "0.2.0+deb12"
    pi.install()
    assert pi.installed == "0.3.0+deb12"
    pi.install("0.4.0")
    assert pi.kept == {"0.3.0+deb12", "0.4.0+deb12"}


def test_no_way_back_is_promised_without_its_package(pi: Pi) -> None:
    pi.write("installed", "0.1.0+deb12\n")
    assert "--previous" not in pi.install("0.2.0")
    assert "no other package for this system" in pi.install(code=1)


def test_a_package_for_another_system_does_not_count(pi: Pi) -> None:
    pi.install("0.2.0")
    pi.pack("0.2.0+deb13")
    assert "back to 0.2.0+deb12" in pi.install("0.3.0")
    assert pi.kept == {"0.2.0+deb12", "0.2.0+deb13", "0.3.0+deb12"}
    pi.install()
    assert pi.installed == "0.2.0+deb12"


def test_a_package_never_installed_does_not_replace_it(pi: Pi) -> None:
    pi.install("0.2.0")
    pi.pack("0.2.5+deb12")
    assert "back to 0.2.0+deb12" in pi.install("0.3.0")
    pi.install()
    assert pi.installed == "0.2.0+deb12"


@pytest.mark.parametrize("state", ["disabled", "masked", "masked-runtime"])
def test_a_unit_switched_off_is_no_fault(pi: Pi, state: str) -> None:
    pi.boot(state)
    assert f"the service does not run, for it is {state[:6]}" in pi.install("0.2.0")


@pytest.mark.parametrize(("status", "shown"), [("no MPD", "no MPD"), ("", "see journalctl -u moodpid -b")])
def test_an_enabled_unit_that_does_not_run_is_a_fault(pi: Pi, status: str, shown: str) -> None:
    pi.boot("enabled", status)
    assert f"the service does not run: {shown}" in pi.install("0.2.0", code=1)
