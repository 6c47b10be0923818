"""C for the processor that training runs on, compiled when it is first wanted."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

# What -ffast-math would add to these lets the processor drop small numbers in the whole process
FLAGS = ("-O3", "-march=native", "-ffinite-math-only", "-fno-signed-zeros", "-fno-trapping-math")
LIBRARY = ("-fopenmp", "-shared", "-fPIC")
COMPILE_LIMIT_S = 120.0


_without_gradient = False


@contextmanager
def also_without_gradient() -> Iterator[None]:
    """Let our own functions be `allowed` where no gradient is wanted."""
    global _without_gradient  # noqa: PLW0603 - of the process, as PyTorch's own switches
    before, _without_gradient = _without_gradient, True
    try:
        yield
    finally:
        _without_gradient = before


def allowed() -> bool:
    """Return whether our own functions may be used.

    Without a gradient, PyTorch's keep mirrored channels equal to the last bit, and hooks see each norm;
    `also_without_gradient` waives both.
    """
    return torch.is_grad_enabled() or _without_gradient


def compiled(
    source: Path, arguments: dict[str, tuple[Any, ...]], flags: tuple[str, ...] = ()
) -> ctypes.CDLL | None:
    """Return the functions of a C file, or None where there is no compiler, or it cannot.

    arguments: for each function, the types of its arguments; none returns anything. flags: of the compiler,
    besides those for all.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "native.so"
        command = [compiler, *FLAGS, *flags, *LIBRARY, str(source), "-o", str(built)]
        try:
            subprocess.run(command, check=True, timeout=COMPILE_LIMIT_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"{source.name} is left out, and training is slower: {error}", flush=True)
            return None
        loaded = ctypes.CDLL(str(built))
    for name, types in arguments.items():
        function = getattr(loaded, name)
        function.argtypes, function.restype = types, None
    return loaded
