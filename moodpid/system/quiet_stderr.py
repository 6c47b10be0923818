"""Keep what libraries print at their start away from standard error."""

import contextlib
import os
from collections.abc import Iterator

_STDERR = 2


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2 meanwhile, by C++ as well.

    Only for moments in which nothing else writes there: it holds for all threads.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # closed, so that there is nothing to keep quiet
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
