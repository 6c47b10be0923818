"""Commands that come to an end."""

import os
import subprocess
from pathlib import Path


def output(*command: str | Path, code: int = 0, cwd: str | Path = "/", **environment: str) -> str:
    """Return what a command prints, which is to end with this exit status; `environment` is added to ours."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == code, done.stdout
    return done.stdout
