"""The files for TLS are named where they cannot be used, and never waited for."""

import os
import ssl
import subprocess
from pathlib import Path

import pytest

from moodpid import config
from moodpid.errors import ConfigError
from moodpid.mqtt.tls import tls_context
from tests.support.environment import require


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate without keyUsage, as mosquitto-tls(7) has it made."""
    require("openssl")
    made = ["-nodes", "-days", "1", "-subj", "/CN=home", "-keyout", "ca.key", "-out", "ca.crt"]
    subprocess.run(["openssl", "req", "-new", "-x509", *made], cwd=tmp_path, capture_output=True, check=True)
    return tmp_path / "ca.crt"


def test_an_authority_of_the_house_needs_no_key_usage(authority: Path) -> None:
    context = tls_context(config.parse(f'[mqtt]\ntls = true\ntls_ca = "{authority}"').mqtt)
    assert context
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT  # which Python 3.13 sets
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("key", ["tls_ca", "tls_certificate", "tls_key"])
def test_a_pipe_is_refused_by_name(tmp_path: Path, key: str) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.touch()
    names = {"tls_certificate": file, "tls_key": file, key: pipe}
    settings = config.parse("[mqtt]\ntls = true\n" + "".join(f'{k} = "{v}"\n' for k, v in names.items()))
    with pytest.raises(ConfigError, match=rf"\[mqtt\] {key}: {pipe}: not a regular file"):
        tls_context(settings.mqtt)
