"""The page: whether it can be served, and whether it answers."""

import importlib.util
import socket
from contextlib import suppress

from moodpid import wiring
from moodpid.config import Config
from moodpid.doctor.servers import fault_of
from moodpid.errors import ConfigError
from moodpid.state import Finding
from moodpid.system.systemctl import Unit
from moodpid.web.listen_address import NotYetAvailableError, PageAddress, listen
from moodpid.web.probe import Answer, probe


def check_page(config: Config, unit: Unit | None) -> Finding:
    """Ask the running service for its page, or try whether it could be served."""
    if not config.web.enabled:
        return Finding(True, "page", "switched off in [web]")
    if importlib.util.find_spec("aiohttp") is None:
        return Finding(
            False, "page", "the Python module aiohttp is missing", "sudo apt install python3-aiohttp"
        )
    try:
        password = wiring.web_password(config)
    except ConfigError as error:
        return fault_of("page", error)
    address = PageAddress.of(config.web, socket.gethostname())
    return _tried(address, password, unit)


def _tried(address: PageAddress, password: str, unit: Unit | None) -> Finding:
    answer = probe(address)
    if answer is Answer.PAGE:
        return Finding(True, "page", f"answers at {address.url}{_sign_in(address, password)}")
    if answer is Answer.OTHER:
        what = f"another program answers on port {address.port}"
        return Finding(False, "page", what, "set another port in [web]")
    if unit and unit.starts:  # it is about to take the port itself
        return Finding(True, "page", f"will be at {address.url} when the service has started")
    if unit and unit.runs:
        what = f"the service runs, and its page does not answer at {address.url}"
        return Finding(False, "page", what, "sudo systemctl restart moodpid")
    return _could_listen(address)


def _sign_in(address: PageAddress, password: str) -> str:
    if password:
        return ", with a password"
    return "; sudo moodpid web prints a link that signs in" if address.reachable else ""


def _could_listen(address: PageAddress) -> Finding:
    try:
        with suppress(NotYetAvailableError):
            listen(address).close()
    except ConfigError as error:
        return Finding(False, "page", str(error), "set another port in [web]")
    return Finding(True, "page", f"will be at {address.url} when the service runs")
