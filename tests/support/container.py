"""Boots a containerised Pi (tools/pi/build) with systemd as PID 1, runs commands in it, and powers it off.

    tools/pi/boot [trixie|bookworm] [SCRIPT]    without a script: a shell in it

Whatever happens in it happens in memory: the folder on disk stays as it is. It has a network of its own with
nothing on it but the loopback, and does not enforce MemoryMax and CPUQuota.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

REPOSITORY = Path(__file__).parents[2]
BOOT_LIMIT_S = 60.0
OFF_LIMIT_S = 20.0
_POLL_S = 0.1
# Wanted by systemd inside: address filters and device policies are small programs for the kernel (BPF)
_CAPABILITIES = "CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON,CAP_SYS_ADMIN"


def root_of(suite: str) -> Path:
    """Return the folder that `tools/pi/build` makes for a suite of Debian."""
    roots = os.environ.get("MOODPID_PI_ROOTS")
    return (Path(roots) if roots else REPOSITORY / ".cache" / "pi") / suite


def is_built(suite: str) -> bool:
    """Return whether the suite's system is there, whole, and this process may boot it."""
    return os.geteuid() == 0 and (root_of(suite) / ".made-from").exists()


class Machine:
    """A containerised Pi that runs for as long as the context lasts.

    Args:
        root: The folder of the system.
        binds: Paths inside, by the paths outside that are shown there read-only.
    """

    def __init__(self, root: Path, binds: Mapping[Path, str] | None = None) -> None:
        self._root = root
        self._binds = dict(binds or {})
        self._first = 0

    def show_folder(self, outside: Path, inside: str) -> None:
        """Show another path inside, read-only; before the system is booted."""
        self._binds[outside] = inside

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # setpriv has the kernel kill the container if this process ends first
            self._container = stack.enter_context(
                subprocess.Popen(
                    [
                        *("setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--boot"),
                        *("--directory", str(self._root), "--volatile=overlay", "--private-network"),
                        *("--register=no", "--keep-unit", "--link-journal=no", "--console=pipe"),
                        *(f"--capability={_CAPABILITIES}", "--system-call-filter=bpf"),
                        *(f"--bind-ro={outside}:{inside}" for outside, inside in self._binds.items()),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                )
            )
            stack.callback(self._container.kill)
            self._wait_until_up(time.monotonic() + BOOT_LIMIT_S)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run("systemctl poweroff --no-block", check=False)
            self._container.wait(OFF_LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._container.kill()
            self._container.wait()

    def _wait_until_up(self, limit_s: float) -> None:
        while time.monotonic() < limit_s:
            self._first = self._first or next(_first_process(self._container.pid), 0)
            if self._first and self.tell("systemctl is-system-running").strip() in ("running", "degraded"):
                return
            if self._container.poll() is not None:
                break
            time.sleep(_POLL_S)
        raise TimeoutError(f"{self._root} did not boot in {BOOT_LIMIT_S:.0f} s")

    def command(self, shell: str) -> list[str]:
        """Return the command, to be run outside, that runs a shell command inside as root."""
        return [
            *("nsenter", "--target", str(self._first), "--mount", "--uts", "--ipc", "--pid", "--net"),
            *("--cgroup", "--root", "--wd", "bash", "-c", shell),
        ]

    def run(
        self, shell: str, *, check: bool = True, timeout_s: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command inside as root, and wait for its end.

        Raises:
            AssertionError: It failed, and `check` is set; with what it printed.
            subprocess.TimeoutExpired: It did not end in time.
        """
        done = subprocess.run(
            self.command(shell),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
                "HOME": "/root",
                "LC_ALL": "C.UTF-8",
            },
        )
        if check and done.returncode:
            raise AssertionError(f"{shell}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def tell(self, shell: str) -> str:
        """Return what a shell command prints inside, however it ends."""
        return self.run(shell, check=False).stdout

    def wait_for(self, shell: str, *, limit_s: float = 30.0) -> str:
        """Repeat a shell command inside until it succeeds; return what it printed then.

        Raises:
            AssertionError: It never did; with what it printed last.
        """
        end_s = time.monotonic() + limit_s
        while (done := self.run(shell, check=False)).returncode:
            if time.monotonic() > end_s:
                raise AssertionError(f"{shell}\nnot within {limit_s} s\n{done.stdout}{done.stderr}")
            time.sleep(_POLL_S)
        return done.stdout


def _first_process(of: int) -> Iterator[int]:
    """Yield the process that is systemd among the descendants of a container's process."""
    try:
        children = Path(f"/proc/{of}/task/{of}/children").read_text(encoding="ascii").split()
    except OSError:  # it has just ended
        return
    for child in map(int, children):
        if Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == "systemd":
            yield child
        yield from _first_process(child)


def main() -> int:
    """Boot, run the script or a shell, power off."""
    parser = argparse.ArgumentParser(
        prog="tools/pi/boot", description="Boots a containerised Pi and runs a script in it."
    )
    parser.add_argument("suite", nargs="?", default="trixie", choices=("trixie", "bookworm"))
    parser.add_argument("script", nargs="?", type=Path, help="a bash script; none: a shell")
    parser.add_argument(
        "--bind", action="append", default=[], metavar="OUTSIDE:INSIDE", help="show a path inside"
    )
    asked = parser.parse_args()
    if not is_built(asked.suite):
        print(f"boot: run tools/pi/build {asked.suite} first, as root", file=sys.stderr)
        return 69
    binds = {Path(outside).resolve(): inside for outside, inside in (bind.split(":") for bind in asked.bind)}
    if asked.script:
        binds[asked.script.resolve()] = "/script"
    with Machine(root_of(asked.suite), binds) as machine:
        return subprocess.call(machine.command("exec bash /script" if asked.script else "exec bash -i"))


if __name__ == "__main__":
    sys.exit(main())
