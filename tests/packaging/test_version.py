"""The version says where a checkout stands among the releases, and depends on nothing but the commit."""

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.rooms import REPOSITORY

_WHO = ("-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
_WHEN = "2026-11-28T06:29:45+00:00"


class Checkout:
    """A repository with the version tool and release 0.2.0 in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("version", "commit.txt"):
            (folder / "tools/packaging").mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / "tools/packaging" / name, folder / "tools/packaging" / name)
        (folder / "moodpid").mkdir()
        (folder / "moodpid/__init__.py").write_text('__version__ = "0.2.0"\n')
        shutil.copy(REPOSITORY / ".gitattributes", folder)
        self.git("init", "-q", "-b", "main")
        self.commit()

    def git(self, *words: str) -> str:
        when = {"GIT_COMMITTER_DATE": _WHEN, "GIT_AUTHOR_DATE": _WHEN}
        done = subprocess.run(
            ["git", *_WHO, *words],
            cwd=self.folder,
            env={**when, "PATH": "/usr/bin:/bin", "HOME": "/"},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")

    def version(self, what: str) -> str:
        tool = self.folder / "tools/packaging/version"
        return subprocess.run([tool, what], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def sorts_before(left: str, right: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0


def test_before_the_tag_it_has_date_and_hash(checkout: Checkout) -> None:
    short = checkout.git("rev-parse", "--short=10", "HEAD")
    assert checkout.version("debian") == f"0.2.0~git202611280629.{short}"
    assert checkout.version("python") == f"0.2.0.dev202611280629+g{short}"
    assert checkout.version("epoch") == "1795847385"


def test_at_the_tag_it_is_the_release(checkout: Checkout) -> None:
    before = checkout.version("debian")
    checkout.git("tag", "v0.2.0")
    assert (checkout.version("debian"), checkout.version("python")) == ("0.2.0", "0.2.0")
    checkout.commit()
    assert checkout.version("python").startswith("0.2.0.post202611280629+g")
    assert sorts_before(before, "0.2.0")
    assert sorts_before("0.2.0", checkout.version("debian"))


def test_a_change_that_is_not_committed_shows(checkout: Checkout) -> None:
    (checkout.folder / "moodpid/__init__.py").write_text('__version__ = "0.2.0"\n# changed\n')
    assert checkout.version("debian").endswith(".changed")
    checkout.git("tag", "v0.2.0")
    assert checkout.version("debian") == "0.2.0+changed"


def test_an_archive_has_the_version_of_its_commit(checkout: Checkout, tmp_path: Path) -> None:
    expected = checkout.version("debian")
    archive = tmp_path / "archive"
    archive.mkdir()
    checkout.git("archive", "-o", str(tmp_path / "archive.tar"), "HEAD")
    subprocess.run(["tar", "-xf", tmp_path / "archive.tar", "-C", archive], check=True)
    tool = archive / "tools/packaging/version"
    output = subprocess.run([tool, "debian"], check=True, capture_output=True, text=True).stdout.strip()
    assert output == expected
    checkout.git("tag", "v0.2.0")
    checkout.git("archive", "-o", str(tmp_path / "archive.tar"), "HEAD")
    subprocess.run(["tar", "-xf", tmp_path / "archive.tar", "-C", archive], check=True)
    assert subprocess.run([tool, "debian"], check=True, capture_output=True, text=True).stdout == "0.2.0\n"


def test_another_clone_has_the_same_version(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("clone", "-q", ".", str(tmp_path / "elsewhere"))
    tool = tmp_path / "elsewhere/tools/packaging/version"
    output = subprocess.run([tool, "debian"], check=True, capture_output=True, text=True).stdout.strip()
    assert output == checkout.version("debian")


def test_a_container_gets_the_newest_package_of_several(tmp_path: Path) -> None:
    recipe = (REPOSITORY / "tools/packaging/Containerfile").read_text()
    choice = re.search(r'cd /tmp && (ls .*)\)"', recipe)
    assert choice
    command = choice[1].replace('"$(dpkg --print-architecture)"', "arm64")
    versions = ["0.2.0~20261130.0123456789", "0.2.0", "0.2.0+git20261201", "0.9.0", "0.10.0~1", "0.10.0"]
    for older, newer in itertools.pairwise(versions):
        assert sorts_before(older, newer)
        (tmp_path / f"moodpid_{older}+deb13_arm64.deb").touch()
        (tmp_path / f"moodpid_{newer}+deb13_arm64.deb").touch()
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == f"moodpid_{newer}+deb13_arm64.deb"
