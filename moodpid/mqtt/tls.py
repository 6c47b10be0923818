"""TLS as the configuration has it: authorities, a certificate of our own, its key."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from moodpid import config
from moodpid.errors import ConfigError
from moodpid.file_access import denied
from moodpid.regular_file import check_regular


def tls_context(settings: config.MqttConfig) -> ssl.SSLContext | None:
    """Return the context for connections to the broker, None without TLS.

    Raises:
        ConfigError: The files named for TLS cannot be used.
    """
    if not settings.tls:
        return None
    with _named("tls_ca", settings.tls_ca):
        context = ssl.create_default_context(cafile=settings.tls_ca or None)
    if settings.tls_ca:
        # Python 3.13 rejects authorities without keyUsage, such as those of mosquitto-tls(7)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if settings.tls_certificate:
        with _named("tls_key", settings.tls_key), _named("tls_certificate", settings.tls_certificate):
            # A password, though it is none: without one, a key that has one asks for it at the terminal
            context.load_cert_chain(settings.tls_certificate, settings.tls_key or None, password="")
    return context


@contextlib.contextmanager
def _named(key: str, file: str) -> Iterator[None]:
    try:
        if file:
            check_regular(Path(file))  # OpenSSL would wait for a pipe
            with Path(file).open("rb"):  # its error does not name which file it may not read
                pass
        yield
    except ssl.SSLError as error:
        what = "holds no certificate in PEM form, or not the one that fits the key"
        raise ConfigError(f"[mqtt] {key}: {file}: {what}") from error
    except PermissionError as error:
        raise denied(Path(file), f"[mqtt] {key}: {file}", secret=key == "tls_key") from error
    except OSError as error:
        raise ConfigError(f"[mqtt] {key}: {file}: {error.strerror}") from error
