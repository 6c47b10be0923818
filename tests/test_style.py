"""The vocabulary of the repository: names of the first version that must not return, and plain English."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Definitions that were renamed to the field's terms; `Class.member` where the member alone is a usual word
OLD_NAMES = frozenset(
    """
    Eye Home Present Vitals Gauge Cooling Adjust Press Mailbox Inbox _Bell
    Daemon.feel Daemon.kept Daemon.keep _turn _obey _adopt _speak _leave
    _FAREWELL_S _GONE_S status_line camera_in Verb _complain _say kept offers
    MoodTable Entry Change places Wish Course overridden PASSING Policy.lifts
    _believe _notice _leaked Observer.see SeenFace Watcher Reel NAP_S PAUSES_S
    _give_up_for_now Guarded Turned Scene Artist Darkness
    _Orders _well _ill _sick _pass _rest _press _box _tell Guest arrive _take_in _learn
    Rules Raise SeekTo AHEAD Plan.room Plan.after Plan.message
    _heard_the_wish _stand_down _tidy _go Memory Ours Noticed notice wrote reconnected
    guests held begun our_hand Rivals Weather came went changeable Keeper Kept owed
    Link NEEDED WANTED Opinion went_in is_gone
    Ears hear obeys Sign Found News Murmur Allowance Pace Report drift Reporter _Beginnings
    Twins Hello settled rival speaks Traces tidy_up visit Errand Line deaf rights
    Terms Receipt dial welcomed turned_away Offers
    """.split()  # noqa: SIM905 - a list of words is read best so
)
OLD_FAKES = frozenset({"House", "Guesthouse", "Paper", "Ear", "Watched", "Rig", "Shelf", "Wire", "_Doorman"})
# Words of the first version that have to be read twice
OLD_PROSE = re.compile(r"\b(whoever|for want of|hears us|is told|tells the|anew)\b", re.IGNORECASE)


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def definitions(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, str]]:
    """Yield each class, function, method and field with its class before it and without."""
    for node in ast.iter_child_nodes(tree):
        names = []
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        yield from ((name, f"{owner}.{name}") for name in names)
        if isinstance(node, ast.ClassDef):
            yield from definitions(node, node.name)


@pytest.mark.parametrize("path", tracked("moodpid/*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_of_the_first_version_returns(path: Path) -> None:
    found = {name for names in definitions(ast.parse(path.read_text())) for name in names}
    if path.name == "session_store.py":
        found -= {"begun", "guests", "held", "owed"}  # keys of the state file, which are frozen
    assert found & OLD_NAMES == set()


@pytest.mark.parametrize(
    "path", tracked("tests/*.py", "tools/*.py"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_fake_of_the_first_version_returns(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)} & OLD_FAKES == set()


def test_the_prose_uses_plain_words() -> None:
    skipped = {ROOT / "CHANGELOG.md", Path(__file__), ROOT / "CONTRIBUTING.md"}
    found = []
    for path in tracked():
        if path in skipped or path.is_symlink():
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if OLD_PROSE.search(line)
        ]
    assert found == []


def test_documented_installs_read_the_list_of_packages_first() -> None:
    found = []
    for path in tracked("*.md"):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [
            f"{path.relative_to(ROOT)}:{n}: a fresh image has no list, or an old one: sudo apt update"
            for n, (before, line) in enumerate(zip(["", *lines], lines, strict=False), 1)
            if re.match(r" {4,}sudo apt(-get)? install", line) and "apt update" not in before
        ]
    assert found == []


@pytest.mark.parametrize("path", tracked("moodpid/*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_constructors_take_at_most_three_positional_arguments(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            assert len(node.args.args) - 1 <= 3, f"line {node.lineno}: make them keyword-only"


@pytest.mark.parametrize("path", tracked("moodpid/*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 300, "build another room"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            described = len((ast.get_docstring(node) or "").splitlines())
            assert node.end_lineno - node.lineno - described < 40, f"{node.name} is long: part it"


@pytest.mark.parametrize(
    "path", tracked("tests/*.py", "tools/*.py"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_tests_and_tools_stay_short_too(path: Path) -> None:
    assert path.read_text().count("\n") <= 300, "build another room"


@pytest.mark.parametrize("path", tracked("tests/*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_names_of_tests_have_at_most_ten_words(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert node.name.count("_") <= 10, node.name
