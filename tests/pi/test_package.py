"""The package installs, upgrades, goes and comes back as people who know dpkg expect."""

from pathlib import Path

import pytest

from tests.support.pi import CAMERA, Pi

pytestmark = pytest.mark.timeout(400)

CHANGED = "# somebody was here"


@pytest.fixture
def ready_pi(bare_pi: Pi) -> Pi:
    """A containerised Pi on which nothing of ours is installed, with a camera waiting if it can have one."""
    bare_pi.run("if dpkg -s moodpid; then apt-get purge -y moodpid; fi")
    bare_pi.drop_in("camera", CAMERA)
    if bare_pi.source == "picamera2":
        bare_pi.show("happy")
    return bare_pi


@pytest.fixture(scope="module")
def older(bare_pi: Pi) -> str:
    """A package of an earlier version, with another default configuration, made of the one under test."""
    bare_pi.run(
        f"dpkg-deb -R {bare_pi.package} /root/old && "
        "sed -i 's/^Version: .*/Version: 0.0.1/' /root/old/DEBIAN/control"
    )
    bare_pi.write("/root/old/etc/moodpid/moodpid.toml", "[player]\nenabled = false\n")
    bare_pi.run("dpkg-deb --build --root-owner-group -Znone /root/old /root/old.deb && rm -r /root/old")
    return "/root/old.deb"


@pytest.fixture
def released(bare_pi: Pi, packages: Path) -> str:
    """The package of 0.1.0 as it was released."""
    found = sorted(packages.glob(f"released-{bare_pi.suite}/moodpid_0.1.0*.deb"))
    if not found:
        pytest.skip("no package of 0.1.0: a shallow clone does not have its commit")
    return f"/packages/{found[0].relative_to(packages)}"


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


def test_an_upgrade_keeps_the_configuration_and_starts_the_new_version(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    ready_pi.configure(CHANGED)
    ready_pi.run("systemctl restart moodpid")
    before = ready_pi.has("MainPID")
    ready_pi.install()
    assert CHANGED in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
    assert ready_pi.has("MainPID") != before
    ready_pi.wait_until_well()


def test_an_upgrade_takes_a_new_default_configuration_that_nobody_changed(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    ready_pi.install()
    assert "[player.playlists]" in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout


def test_an_upgrade_that_does_not_get_ready_is_reported(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    ready_pi.configure("[nonsense]\n")
    output = ready_pi.install()
    assert "did not get ready" in output
    assert "nonsense" in output
    assert "moodpid check" in output


@pytest.mark.parametrize("before", ["older", "released"])
def test_forth_and_back_and_forth_again_loses_nothing(
    ready_pi: Pi, before: str, request: pytest.FixtureRequest
) -> None:
    other: str = request.getfixturevalue(before)
    ready_pi.install(other)
    ready_pi.configure(CHANGED)
    ready_pi.restart()
    ready_pi.wait_until_well()
    ready_pi.set("dwell_s", 7)
    ready_pi.wait_until_published("dwell_s", "^7$")
    for package in (ready_pi.package, other, ready_pi.package):
        ready_pi.install(package)
        assert CHANGED in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
        ready_pi.wait_until_well()
        ready_pi.wait_until_published("dwell_s", "^7$")


def test_remove_keeps_the_configuration_for_a_reinstall(ready_pi: Pi) -> None:
    ready_pi.install()
    ready_pi.configure(CHANGED)
    output = ready_pi.run("apt-get remove -y moodpid 2>&1").stdout
    assert "After an upgrade of the system, install the package" in output
    assert ready_pi.run("ls /usr/bin/moodpid", check=False).returncode != 0
    assert ready_pi.run("ls /usr/lib/moodpid", check=False).returncode != 0
    assert ready_pi.has("LoadState") != "loaded"
    assert ready_pi.tell("pgrep -u moodpid") == ""
    ready_pi.install()
    assert CHANGED in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
    ready_pi.wait_until_well()


def test_lintian_finds_nothing_that_is_not_explained(ready_pi: Pi) -> None:
    if ready_pi.source != "picamera2":
        pytest.skip("the packages differ in what they bundle; the newer lintian looks at one of them")
    lintian = f"lintian --fail-on error,warning {ready_pi.package} 2>&1"
    output = ready_pi.run(lintian, check=False, timeout_s=300)
    assert output.returncode == 0, output.stdout


def test_the_installed_documents_link_to_what_is_there(ready_pi: Pi) -> None:
    ready_pi.install()
    assert ready_pi.run("python3 - <<'END'\n" + _DEAD_LINKS + "END").stdout == ""
    for unit in ("moodpid", "moodpid-analyse.service"):
        for page in ready_pi.has("Documentation", unit).split():
            if page.startswith("file://"):
                ready_pi.run(f"test -e {page.removeprefix('file://')}")


_DEAD_LINKS = r"""
import pathlib, re
for page in pathlib.Path("/usr/share/doc/moodpid").rglob("*.md"):
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link and not (page.parent / link).exists():
            print(page, link)
"""


def test_modules_are_compiled_so_that_no_start_compiles_them(ready_pi: Pi) -> None:
    ready_pi.install()
    count = "find /usr/lib/moodpid/moodpid -name '*.{}' | grep -v '/data/' | wc -l"
    sources, compiled = (int(ready_pi.run(count.format(kind)).stdout) for kind in ("py", "pyc"))
    assert compiled >= sources > 50


def test_dpkg_alone_leaves_a_sentence(ready_pi: Pi) -> None:
    # As on a system on which numpy was never installed
    ready_pi.install()
    numpy = "/usr/lib/python3/dist-packages/numpy"
    ready_pi.run(f"mv {numpy} {numpy}.away")
    try:
        output = ready_pi.run("moodpid classify /frames/happy/0.jpg 2>&1", check=False).stdout
    finally:
        ready_pi.run(f"mv {numpy}.away {numpy}")
    assert output == "moodpid: the Python package numpy is missing: sudo apt --fix-broken install\n"
