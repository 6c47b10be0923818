"""No secret stands in a message, a log line, a finding or an error, whatever goes wrong."""

import logging
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moodpid import config
from moodpid.config import parse
from moodpid.errors import ConfigError, MoodpidError
from moodpid.mpd.connection import MpdConnection
from moodpid.mqtt.probe import probe
from moodpid.mqtt.publisher import build_publisher
from moodpid.system.credentials import read_secret
from tests.support.mqtt import DEVICE, FAST, happy, present, wait_until
from tests.support.stub_broker import Answering, StubBroker

# CONNACK of MQTT 5: not authorized; accepted; banned; and no MQTT at all
ANSWERS = [
    b"\x20\x03\x00\x87\x00",
    b"\x20\x03\x00\x00\x00",
    b"\x20\x03\x00\x8a\x00",
    b"HTTP/1.1 400 No\r\n\r\n",
    b"",
]
# MPD: refuses the password, knows no command, is no MPD
MPD_ANSWERS = [
    b"OK MPD 0.23.5\nACK [3@0] {password} incorrect password\n",
    b"OK MPD 0.23.5\nOK\nOK\n",
    b"220 ftp\n",
]
SECRETS = st.text("QXZ0123456789#%'\"\\ ü", min_size=12, max_size=40).filter(
    lambda text: text.strip() == text
)
few = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Greeting(StubBroker):
    """Sends its answers at once, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._answer = answer

    def _treat(self, visitor: socket.socket) -> None:
        visitor.sendall(self._answer)


def assert_hidden(secret: str, *texts: str) -> None:
    for text in texts:
        assert secret not in text
        assert repr(secret)[1:-1] not in text


@few
@given(secret=SECRETS, answer=st.sampled_from(ANSWERS))
def test_the_broker_s_password_leaves_by_no_other_way(
    caplog: pytest.LogCaptureFixture, secret: str, answer: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    with Answering(lambda _: answer) as broker:
        where = config.MqttConfig(host="127.0.0.1", port=broker.port, username="moodpid")
        findings = probe(DEVICE, where, secret, limit_s=0.4)
        publisher = build_publisher(DEVICE, where, lambda _: True, secret, timings=FAST)
        publisher.start()
        wait_until(lambda: broker.visits >= 2)
        publisher.publish(present(happy()), ())
        publisher.stop()
        assert publisher.join(30)
    assert_hidden(secret, caplog.text, *(f"{one.message} {one.remedy}" for one in findings))


@few
@given(secret=SECRETS, answer=st.sampled_from(MPD_ANSWERS))
def test_the_player_s_password_stands_in_no_error(secret: str, answer: bytes) -> None:
    with Greeting(answer) as server:
        where = config.MpdConfig(host="127.0.0.1", port=server.port)
        try:
            MpdConnection(where, secret).close()
        except MoodpidError as error:
            assert_hidden(secret, str(error))


@given(secret=SECRETS, table=st.sampled_from(["player", "mqtt"]), quote=st.sampled_from(["'''", '"""', ""]))
def test_a_password_in_a_host_stands_in_no_fault(secret: str, table: str, quote: str) -> None:
    text = f"[player.playlists]\nhappy = ['Happy']\n[{table}]\nhost = {quote}{secret}@attic{quote}\n"
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert_hidden(secret, *refused.value.lines)


@given(secret=SECRETS, rest=st.sampled_from(["\nsecond line", "\0", "\x1b[0m", "\udcff"]))
def test_a_password_file_that_is_refused_is_not_quoted(secret: str, rest: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "password"
        file.write_bytes(f"{secret}{rest}".encode("utf-8", "surrogateescape"))
        with pytest.raises(ConfigError) as refused:
            read_secret("mqtt-password", str(file), {})
    assert_hidden(secret, str(refused.value))
