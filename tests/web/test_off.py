"""A page that is switched off is not there: no import, no thread."""

import subprocess
import sys

from tests.support.servers import free_port

SCRIPT = """
import sys, threading
from moodpid import wiring
from moodpid.channels import RequestQueue, SharedValue
from moodpid.config import parse
from moodpid.state import ViewLevel
off = "[player]\\nenabled = false\\n[mqtt]\\nenabled = false\\n"
config = parse(off + "[web]\\nenabled = {enabled}\\nport = {port}")
publishers = wiring.build_publishers(config, RequestQueue(), SharedValue(ViewLevel.NOTHING))
for publisher in publishers:
    publisher.start()
modules = sorted({"aiohttp", "asyncio"} & set(sys.modules))
print(len(publishers), len(threading.enumerate()), *modules)
"""


def _run(enabled: str, port: int = 8730) -> list[str]:
    script = SCRIPT.replace("{enabled}", enabled).replace("{port}", str(port))
    return subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()


def test_off_means_no_import_and_no_thread() -> None:
    assert _run("false") == ["0", "1"]


def test_on_means_one_thread_of_its_own() -> None:
    assert _run("true", free_port()) == ["1", "2", "aiohttp", "asyncio"]
