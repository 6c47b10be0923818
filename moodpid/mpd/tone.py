"""The test tone, and the small web server from which MPD fetches it."""

import contextlib
import io
import math
import socket
import struct
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Final

_TONE_S, _TONE_HZ, _RATE_HZ, _FADE_S = 1.0, 440.0, 44_100, 0.02
_AMPLITUDE: Final = 8000  # a quarter of full scale
_POLL_S: Final = 0.1
_CLIENT_S: Final = 5.0  # how long a client may keep the server waiting


def tone() -> bytes:
    """Return a WAV file with a sine of 440 Hz for a second, faded in and out."""
    frames = int(_TONE_S * _RATE_HZ)
    fade = int(_FADE_S * _RATE_HZ)
    turn = 2 * math.pi * _TONE_HZ / _RATE_HZ
    loudness = (_AMPLITUDE * min(1.0, i / fade, (frames - i) / fade) for i in range(frames))
    samples = (round(loud * math.sin(turn * i)) for i, loud in enumerate(loudness))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE_HZ)
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


@contextlib.contextmanager
def served(content: bytes, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve these bytes over HTTP at this address of ours while the context lasts; yields their URL.

    Args:
        content: A WAV file.
        host: An IPv4 or IPv6 address of this machine.

    Raises:
        OSError: Nothing can be served at that address.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _CLIENT_S

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):  # MPD has read enough
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    # Not HTTPServer, which asks the name server for the name of its address, and may wait for it
    class Server(TCPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    server = Server((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        yield f"http://[{host}]:{port}/tone.wav" if ":" in host else f"http://{host}:{port}/tone.wav"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_CLIENT_S)
