"""The package installs, upgrades, goes and comes back as people who know dpkg expect."""

from pathlib import Path

import pytest

from tests.support.pi import CHANGED, Pi

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def installed_pi(bare_pi: Pi) -> Pi:
    """A containerised Pi on which the package is installed, whatever its configuration."""
    if bare_pi.run("dpkg -s moodpid", check=False).returncode:
        bare_pi.give_camera()
        bare_pi.install()
    return bare_pi


def listing(pi: Pi) -> set[str]:
    """Every file of the system but logs, caches and what dpkg and systemd note down."""
    apart = " ".join(
        f"-path {path} -prune -o"
        for path in (
            *("/proc", "/sys", "/dev", "/run", "/packages", "/library", "/frames", "/opt/frames"),
            *("/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/apt", "/var/lib/systemd", "/var/lib/mpd"),
            *("/var/lib/mosquitto", "/var/backups", "'*/systemd-private-*'"),
        )
    )
    return set(pi.run(f"find / {apart} -print").stdout.splitlines())


def test_purge_leaves_nothing(ready_pi: Pi) -> None:
    # The first of all: until now nothing of ours was ever there
    ready_pi.run("rm -r /etc/systemd/system/moodpid.service.d")
    before = listing(ready_pi)
    ready_pi.install()
    ready_pi.write("/etc/moodpid/mqtt-password", "secret")
    for kind in ("service", "timer"):  # as `systemctl edit` writes them
        ready_pi.write(f"/etc/systemd/system/moodpid-analyse.{kind}.d/override.conf", "")
    ready_pi.run(
        "moodpid check; moodpid doctor; moodpid playlists; moodpid setup --yes --replace", check=False
    )
    ready_pi.run("apt-get purge -y moodpid")
    left = {path for path in listing(ready_pi) - before if not Path(path).name.endswith("-")}
    assert left == set()
    assert ready_pi.run("getent passwd moodpid", check=False).returncode != 0
    assert ready_pi.run("getent group moodpid", check=False).returncode != 0


def test_it_installs_starts_and_is_ready(ready_pi: Pi) -> None:
    ready_pi.install()
    # The configuration that comes along asks for a Pi camera, which Debian 12's stand-in has not
    if ready_pi.source == "picamera2":
        assert ready_pi.has("ActiveState") == "active"
        ready_pi.wait_until_well()


def test_remove_keeps_the_configuration_for_a_reinstall(installed_pi: Pi) -> None:
    installed_pi.configure(CHANGED)
    output = installed_pi.run("apt-get remove -y moodpid 2>&1").stdout
    assert "After an upgrade of the system, install the package" in output
    assert installed_pi.run("ls /usr/bin/moodpid", check=False).returncode != 0
    assert installed_pi.run("ls /usr/lib/moodpid", check=False).returncode != 0
    assert installed_pi.has("LoadState") != "loaded"
    assert installed_pi.tell("pgrep -u moodpid") == ""
    installed_pi.install()
    assert CHANGED in installed_pi.run("cat /etc/moodpid/moodpid.toml").stdout
    installed_pi.wait_until_well()


def test_lintian_finds_nothing_that_is_not_explained(bare_pi: Pi) -> None:
    if bare_pi.source != "picamera2":
        pytest.skip("the packages differ in what they bundle; the newer lintian looks at one of them")
    lintian = f"lintian --fail-on error,warning {bare_pi.package} 2>&1"
    output = bare_pi.run(lintian, check=False, timeout_s=300)
    assert output.returncode == 0, output.stdout


def test_the_installed_documents_link_to_what_is_there(installed_pi: Pi) -> None:
    assert installed_pi.run("python3 - <<'END'\n" + _DEAD_LINKS + "END").stdout == ""
    for unit in ("moodpid", "moodpid-analyse.service"):
        for page in installed_pi.has("Documentation", unit).split():
            if page.startswith("file://"):
                installed_pi.run(f"test -e {page.removeprefix('file://')}")


_DEAD_LINKS = r"""
import pathlib, re
for page in pathlib.Path("/usr/share/doc/moodpid").rglob("*.md"):
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link and not (page.parent / link).exists():
            print(page, link)
"""


def test_modules_are_compiled_so_that_no_start_compiles_them(installed_pi: Pi) -> None:
    count = "find /usr/lib/moodpid/moodpid -name '*.{}' | grep -v '/data/' | wc -l"
    sources, compiled = (int(installed_pi.run(count.format(kind)).stdout) for kind in ("py", "pyc"))
    assert compiled >= sources > 50


def test_dpkg_alone_leaves_a_sentence(installed_pi: Pi) -> None:
    # As on a system on which numpy was never installed
    numpy = "/usr/lib/python3/dist-packages/numpy"
    installed_pi.run(f"mv {numpy} {numpy}.away")
    try:
        output = installed_pi.run("moodpid classify /frames/happy/0.jpg 2>&1", check=False).stdout
    finally:
        installed_pi.run(f"mv {numpy}.away {numpy}")
    assert output == "moodpid: the Python package numpy is missing: sudo apt --fix-broken install\n"


def test_setup_leaves_a_changed_configuration_alone(installed_pi: Pi) -> None:
    installed_pi.configure()
    before = installed_pi.run("cat /etc/moodpid/moodpid.toml").stdout
    installed_pi.run("moodpid setup --yes --name Kitchen", check=False)
    assert installed_pi.run("cat /etc/moodpid/moodpid.toml").stdout == before
