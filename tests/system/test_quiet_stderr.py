"""What C++ libraries print at their start reaches nobody, and what is printed later does."""

import os

import pytest

from moodpid.system.quiet_stderr import quiet_stderr


def test_only_what_is_written_meanwhile_is_discarded(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with quiet_stderr():
        os.write(2, b"INFO: Created a delegate\n")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_an_error_passes_and_leaves_standard_error_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), quiet_stderr():
        raise ValueError("broken")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
