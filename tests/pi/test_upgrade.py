"""Another version takes the place of one that is installed, forth and back."""

from pathlib import Path

import pytest

from tests.support.pi import CHANGED, Pi

pytestmark = pytest.mark.timeout(400)


OTHER_DEFAULT = "[player]\nenabled = false"


@pytest.fixture(scope="module", params=["written", "conffile"])
def older(bare_pi: Pi, request: pytest.FixtureRequest) -> str:
    """A package of an earlier version, with another default configuration, made of the one under test.

    Its scripts write the configuration, or dpkg knows it as one of its own, as that of 0.1.0.
    """
    return make_older(bare_pi, conffile=request.param == "conffile")


def make_older(bare_pi: Pi, *, conffile: bool) -> str:
    """Return the path of such a package."""
    bare_pi.run(
        f"dpkg-deb -R {bare_pi.package} /root/old && "
        "sed -i 's/^Version: .*/Version: 0.0.1/' /root/old/DEBIAN/control"
    )
    bare_pi.write("/root/old/usr/lib/moodpid/moodpid/data/moodpid.toml", OTHER_DEFAULT)
    if conffile:
        bare_pi.write("/root/old/etc/moodpid/moodpid.toml", OTHER_DEFAULT)
        bare_pi.write("/root/old/DEBIAN/conffiles", "/etc/moodpid/moodpid.toml")
        bare_pi.run("rm /root/old/DEBIAN/preinst")
    bare_pi.run("dpkg-deb --build --root-owner-group -Znone /root/old /root/old.deb && rm -r /root/old")
    return "/root/old.deb"


@pytest.fixture
def before(bare_pi: Pi, packages: Path) -> str:
    """The package of 0.1.0 as it was released; the older one where a shallow clone lacks its commit."""
    found = sorted(packages.glob(f"released-{bare_pi.suite}/moodpid_0.1.0*.deb"))
    if not found:
        return make_older(bare_pi, conffile=True)
    return f"/packages/{found[0].relative_to(packages)}"


def test_a_new_default_replaces_an_unchanged_configuration(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    assert "[player.playlists]" not in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
    ready_pi.install()
    assert "[player.playlists]" in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout


def test_an_upgrade_that_does_not_get_ready_is_reported(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    ready_pi.configure("[nonsense]\n")
    output = ready_pi.install()
    assert "did not get ready" in output
    assert "nonsense" in output
    assert "moodpid check" in output


def test_forth_and_back_and_forth_again_loses_nothing(ready_pi: Pi, before: str) -> None:
    ready_pi.install(before)
    ready_pi.configure(CHANGED)
    ready_pi.restart()
    ready_pi.wait_until_well()
    ready_pi.set("dwell_s", 7)
    ready_pi.wait_until_published("dwell_s", "^7$")
    for package in (ready_pi.package, before, ready_pi.package):
        process = ready_pi.has("MainPID")
        ready_pi.install(package)
        assert CHANGED in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
        assert ready_pi.has("MainPID") != process
        ready_pi.wait_until_well()
        ready_pi.wait_until_published("dwell_s", "^7$")


def test_forth_and_back_with_an_unchanged_configuration(ready_pi: Pi, before: str) -> None:
    for _ in range(2):
        ready_pi.install(before)
        ready_pi.run("moodpid check")
        assert not ready_pi.run("find /etc/systemd -name 'moodpid-analyse*'").stdout
        ready_pi.install()
        ready_pi.run("moodpid check")
    configured = ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout.splitlines()
    assert "[library]" in configured
    assert 'happy = ["Happy"]' in configured  # in force before, and so still


def test_a_new_default_keeps_owner_mode_and_link(ready_pi: Pi, before: str) -> None:
    ready_pi.install(before)
    config = "/etc/moodpid/moodpid.toml"
    ready_pi.run(f"mv {config} /root/own.toml && ln -s /root/own.toml {config}")
    ready_pi.run("chgrp moodpid /root /root/own.toml && chmod 640 /root/own.toml && chmod g+x /root")
    ready_pi.install()
    assert ready_pi.run(f"readlink {config}").stdout.strip() == "/root/own.toml"
    assert ready_pi.run("stat -c '%a %G' /root/own.toml").stdout.split() == ["640", "moodpid"]
    assert "[library]" in ready_pi.run(f"cat {config}").stdout


def test_without_its_code_the_package_can_be_removed(ready_pi: Pi) -> None:
    ready_pi.install()
    ready_pi.run("rm -r /usr/lib/moodpid && apt-get remove -y moodpid")
    ready_pi.install()
    ready_pi.wait_until_well()


def test_removed_in_between_an_unchanged_configuration_follows(ready_pi: Pi, older: str) -> None:
    ready_pi.install(older)
    ready_pi.install()
    ready_pi.run("apt-get remove -y moodpid")
    ready_pi.install(older)
    ready_pi.install()
    assert "[library]" in ready_pi.run("cat /etc/moodpid/moodpid.toml").stdout
