"""A server on loopback that speaks lines as a test scripts them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moodpid.config import MpdConfig
from moodpid.mpd.protocol import REQUIRED_COMMANDS

GREETING = b"OK MPD 0.23.5\n"
COMMANDS = "".join(f"command: {name}\n" for name in REQUIRED_COMMANDS).encode() + b"OK\n"


@contextmanager
def scripted(serve: Callable[[socket.socket], object]) -> Iterator[MpdConfig]:
    """Serve each connection with `serve`, in a thread of its own; yield where it is."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_guarded, args=(serve, client), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield MpdConfig(host="127.0.0.1", port=server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def _guarded(serve: Callable[[socket.socket], object], client: socket.socket) -> None:
    with client:
        try:
            serve(client)
        except OSError:
            return  # the other side hung up


def answering(answers: dict[str, bytes], greeting: bytes = GREETING) -> Callable[[socket.socket], None]:
    """Make a server that gives these answers by the first word of a command; `OK` to all others."""

    def serve(client: socket.socket) -> None:
        client.sendall(greeting)
        for line in client.makefile("rb"):
            word = line.split()[0].decode()
            client.sendall(answers.get(word, COMMANDS if word == "commands" else b"OK\n"))

    return serve
