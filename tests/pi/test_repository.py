"""apt takes the package from a repository of ours if the key fits, and refuses one that was changed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pi.conftest import SUITES, boot
from tests.support.pi import Pi
from tests.support.rooms import REPOSITORY

pytestmark = pytest.mark.timeout(400)

URL = "http://127.0.0.1:8080"
_REFRESH = "apt-get update -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/etc/apt/moodpid 2>&1"


@pytest.fixture(scope="module")
def repository(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed repository of the packages under test, and the same with another package in it."""
    if not shutil.which("apt-ftparchive"):
        pytest.skip("apt-ftparchive is missing: apt install apt-utils")
    home, folder = tmp_path_factory.mktemp("gnupg"), tmp_path_factory.mktemp("repository")
    home.chmod(0o700)
    environment = {"GNUPGHOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    key = (
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "releases",
        "ed25519",
        "sign",
        "never",
    )
    subprocess.run(key, env=environment, check=True, capture_output=True)
    tool = str(REPOSITORY / "tools/packaging/repository")
    make = [tool, "--key", "releases", "--url", URL, str(packages), str(folder / "good")]
    subprocess.run(make, env=environment, check=True, capture_output=True)
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)
    shutil.copytree(folder / "good", folder / "changed")
    for index in (folder / "changed").glob("dists/*/main/*/Packages"):
        index.write_text(index.read_text().replace("Description: plays", "Description: steals"))
        index.with_suffix(".gz").unlink()
    return folder


@pytest.fixture(scope="module", params=SUITES)
def shopper(
    request: pytest.FixtureRequest, packages: Path, library: Path, frames: Path, repository: Path
) -> Iterator[tuple[Pi, str]]:
    """A containerised Pi without moodpid, and the name of its suite."""
    machine = boot(request.param, packages, library, frames)
    machine.show_folder(repository, "/repository")
    with machine:
        machine.show("happy")
        yield machine, request.param


def serve(pi: Pi, folder: str, suite: str) -> None:
    """Serve a repository, and let apt know of it as install.md says."""
    # A unit for each: on a busy machine systemd keeps the name of one that has ended for a while
    pi.run("systemctl stop 'serve-*'", check=False)
    unit = f"serve-{Path(folder).name}"
    pi.run(f"systemd-run --unit {unit} --quiet python3 -m http.server --directory {folder} 8080")
    get = f'import urllib.request as r; print(r.urlopen("{URL}/moodpid-{suite}.sources").read().decode())'
    pi.wait_for(f"mkdir -p /etc/apt/moodpid && python3 -c '{get}' >/etc/apt/moodpid/moodpid.sources")


def test_apt_installs_from_the_repository(shopper: tuple[Pi, str]) -> None:
    pi, suite = shopper
    serve(pi, "/repository/good", suite)
    assert "moodpid" not in pi.tell("dpkg-query -f '${Package}' -W moodpid")
    published = pi.run(_REFRESH).stdout
    assert "W:" not in published, published
    pi.configure()
    pi.run("cp /etc/apt/moodpid/moodpid.sources /etc/apt/sources.list.d/")
    pi.run("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends moodpid </dev/null")
    pi.wait_until_well()
    assert "+deb" in pi.run("dpkg-query -f '${Version}' -W moodpid").stdout


def test_apt_refuses_a_repository_that_was_changed(shopper: tuple[Pi, str]) -> None:
    pi, suite = shopper
    serve(pi, "/repository/changed", suite)
    pi.run("rm -rf /var/lib/apt/lists/127*")
    done = pi.run(_REFRESH, check=False)
    assert done.returncode != 0 or "W:" in done.stdout
    assert "steals" not in pi.tell("apt-cache show moodpid")
