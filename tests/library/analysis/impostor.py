"""Programs of ours in ffmpeg's place."""

from pathlib import Path


def write_program(path: Path, *lines: str) -> None:
    """Write a shell program."""
    path.write_text("\n".join(("#!/bin/bash", *lines, "")), encoding="utf-8")
    path.chmod(0o755)
