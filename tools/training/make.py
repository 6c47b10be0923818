"""One command from the faces to the model: teachers, answers, students, the file, reports.

    python tools/training/make.py all --data FER2013 --run /var/tmp/moodpid-model

Every stage keeps its results in the run's folder and goes on where it was cut; each can be called by its
name. On an accelerator `--limit-s 560 --side-by-side 2` fits all of it into that time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from layers import NETWORKS
from recipe import MEMBERS, PREVIOUS, RECIPES, STUDENTS, Recipe, previous_network

TEACHING = 0.58  # share of a limited time for the teachers and their answers


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("stage", choices=sorted(STAGES))
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--data", type=Path, required=True, help="the folder of the faces")
    parser.add_argument("--run", type=Path, required=True, help="a folder for checkpoints and results")
    parser.add_argument("--out", type=Path, default=root / "models", help="where the model goes")
    parser.add_argument("--members", nargs="*", choices=sorted(MEMBERS), help="default: all; no name: none")
    parser.add_argument("--students", nargs="+", choices=sorted(STUDENTS), help="default: all")
    parser.add_argument(
        "--student", choices=[*sorted(STUDENTS), PREVIOUS], help="to export; default: the best"
    )
    parser.add_argument("--previous", type=Path, help="an earlier model's file, to start from")
    parser.add_argument(
        "--files",
        nargs="+",
        type=_named,
        default=[],
        metavar="NAME=FILE",
        help="earlier models that teach, too",
    )
    parser.add_argument("--limit-s", type=float, default=float("inf"), help="seconds for the stage")
    parser.add_argument("--side-by-side", type=int, default=1, help="processes that share the machine")
    parser.add_argument("--epochs", type=int, help="instead of the recipes', for a test")
    parser.add_argument("--network", choices=sorted(NETWORKS), help="likewise")
    parser.add_argument("--faces", type=int, help="train on so many faces only, for a test")
    parser.add_argument("--no-report", action="store_true", help="no pictures")
    options = parser.parse_args(arguments)
    of_file = _network_of(options.previous) if options.previous else ""
    if options.members is None:
        options.members = startable(MEMBERS, of_file)
    options.students = options.students or startable(STUDENTS, of_file)
    for name in options.members:
        if MEMBERS[name].start == PREVIOUS and not options.previous:
            parser.error(f"{name} starts from an earlier model: say which with --previous")
    if options.stage == "keep" and (enlarging := [n for n in options.members if MEMBERS[n].enlarged]):
        parser.error(f"a file does not enlarge pictures, as {', '.join(enlarging)} do: name other --members")
    return options


def startable(recipes: dict[str, Recipe], of_file: str) -> list[str]:
    """Return the recipes that can be followed with an earlier model of that network, or with none."""
    return [name for name, recipe in recipes.items() if previous_network(recipe) in ("", of_file)]


def _network_of(model: Path) -> str:
    import sidecar

    return str(sidecar.read(model)["training"]["recipe"]["network"])


def _named(argument: str) -> tuple[str, Path]:
    name, equals, file = argument.partition("=")
    if not (name and equals and file):
        raise argparse.ArgumentTypeError(f"{argument} is not NAME=FILE")
    return name, Path(file)


def teachers(options: argparse.Namespace) -> None:
    """Train the members one after the other; store what they say of the validation faces and all views."""
    import stages

    let_files_teach(options)
    stages.train_members(options)


def let_files_teach(options: argparse.Namespace) -> None:
    """Store what earlier models' files say of all views."""
    if options.files:
        import file_members  # needs an interpreter of such files

        file_members.write_members(options)


def answers(options: argparse.Namespace) -> None:
    """Weigh the members and store their common answers."""
    import stages

    stages.combine(options)


def students(options: argparse.Namespace) -> None:
    """Train the students on the stored answers."""
    import stages

    stages.train_students(options)


def export(options: argparse.Namespace) -> None:
    """Write the best student's file, sidecar, card and pictures."""
    import finish

    finish.write_model(options)


def keep(options: argparse.Namespace) -> None:
    """Write the members as files, which can teach in later runs."""
    import keep

    keep.write_teachers(options)


def train_all(options: argparse.Namespace) -> None:
    """Run all stages but the export, which needs TensorFlow."""
    started = time.monotonic()
    let_files_teach(options)
    teaching_s = options.limit_s * TEACHING
    _side_by_side(options, "teachers", "members", teaching_s)
    answers(options)
    left_s = options.limit_s - (time.monotonic() - started)
    _side_by_side(options, "students", "students", left_s)


def make_all(options: argparse.Namespace) -> None:
    """Run all stages."""
    train_all(options)
    export(options)


def _side_by_side(options: argparse.Namespace, stage: str, kind: str, limit_s: float) -> None:
    groups = dealt(chains(getattr(options, kind), kind, RECIPES[kind]), options.side_by_side)
    common = ["--data", options.data, "--run", options.run, "--limit-s", limit_s]
    for name in ("epochs", "network", "faces", "previous"):
        if (value := getattr(options, name)) is not None:
            common += [f"--{name}", value]
    commands = [[sys.executable, __file__, stage, *map(str, common), f"--{kind}", *group] for group in groups]
    processes = [subprocess.Popen(command) for command in commands]
    failed = [process.args for process in processes if process.wait() != 0]
    if failed:
        raise SystemExit(f"stage {stage} failed: {failed}")


def chains(names: list[str], kind: str, recipes: dict[str, Recipe]) -> list[list[str]]:
    """Return members or students in groups that need no other group: what begins with another follows it."""
    groups: dict[str, list[str]] = {}
    for name in names:
        folder, _, start = recipes[name].start.partition("/")
        group = groups[start] if folder == kind and start in groups else []
        groups[name] = group
        group.append(name)
    return list({id(group): group for group in groups.values()}.values())


def dealt(groups: list[list[str]], processes: int) -> list[list[str]]:
    """Return what each of so many processes trains, one after the other, where there is that much."""
    count = min(processes, len(groups))
    return [[name for group in groups[number::count] for name in group] for number in range(count)]


STAGES = {
    "all": make_all,
    "train": train_all,
    "teachers": teachers,
    "answers": answers,
    "students": students,
    "export": export,
    "keep": keep,
}


def main(arguments: list[str]) -> int:
    """Run a stage; returns 1, with one line, where a file is not there that an earlier stage makes."""
    try:
        options = parse(arguments)
        STAGES[options.stage](options)
    except FileNotFoundError as error:
        print(f"make.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
