"""The files for TLS are named where they cannot be used, and never waited for."""

import os
from pathlib import Path

import pytest

from moodpid import config
from moodpid.errors import ConfigError
from moodpid.mqtt.tls import tls_context


@pytest.mark.parametrize("key", ["tls_ca", "tls_certificate", "tls_key"])
def test_a_pipe_is_refused_by_name(tmp_path: Path, key: str) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.touch()
    names = {"tls_certificate": file, "tls_key": file, key: pipe}
    settings = config.parse("[mqtt]\ntls = true\n" + "".join(f'{k} = "{v}"\n' for k, v in names.items()))
    with pytest.raises(ConfigError, match=rf"\[mqtt\] {key}: {pipe}: not a regular file"):
        tls_context(settings.mqtt)
