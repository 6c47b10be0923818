"""What a demo keeps for the next one, of another user too: the songs, and what was analysed of them."""

import hashlib
import os
import shlex
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from demo import library

SONG_S = 15.0


def songs(cache: Path) -> Path:
    """Return the songs, made once for each version of what makes them."""
    version = hashlib.sha256(Path(library.__file__).read_bytes() + str(SONG_S).encode()).hexdigest()[:12]
    folder = cache / f"library-{version}"
    if not folder.exists():
        cache.mkdir(exist_ok=True)
        for old in cache.glob("library-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache) as half_done:
            made = library.generate(Path(half_done) / "library", SONG_S)
            # Another demo may have made it meanwhile
            with suppress(OSError):
                made.rename(folder)
    return folder


def keep(database: Path, cached: Path) -> None:
    """Keep the analysis for later demos, also of other users; without it they analyse the songs again."""
    with suppress(OSError):
        if cached.exists():
            return
        # Another demo may do the same at this moment
        with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
            half_done = Path(folder) / cached.name
            half_done.write_bytes(database.read_bytes())
            half_done.chmod(0o644)
            half_done.replace(cached)


def describe(error: OSError, cache: Path) -> str:
    """Return what went wrong with a file; with a remedy where `sudo tools/run` has made it."""
    file = Path(os.fsdecode(error.filename or ""))
    others = isinstance(error, PermissionError) and file.is_relative_to(cache)
    folder = shlex.quote(str(cache))
    own = f"sudo rm -rf {folder}/library-* && sudo chown $(id -un): {folder}"
    remedy = f"; it belongs to another user: {own}" if others else ""
    return f"{file}: {error.strerror}{remedy}" if error.filename else str(error)
