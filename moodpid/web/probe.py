"""A look at the page from outside, for the doctor."""

import http.client
from enum import Enum

from moodpid.web.listen_address import PageAddress

TIMEOUT_S = 3.0


class Answer(Enum):
    """Who answers where the page should be."""

    PAGE = "page"
    OTHER = "other"
    NOBODY = "nobody"


def probe(address: PageAddress) -> Answer:
    """Ask for the page as a browser on this machine would."""
    connection = http.client.HTTPConnection(address.local_host, address.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{address.base_path}/api/session")
        response = connection.getresponse()
        return Answer.PAGE if response.headers.get("Server") == "moodpid" else Answer.OTHER
    except http.client.HTTPException:
        return Answer.OTHER
    except OSError:
        return Answer.NOBODY
    finally:
        connection.close()
