"""A filter that a page shows is one that MPD reads."""

import re
from pathlib import Path

import pytest

from tests.support.servers import PrivateMpd

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted((ROOT / "docs").glob("*.md")), ROOT / "config/moodpid.toml")
FILTERS = sorted({found for page in PAGES for found in re.findall(r"filter = '(\(.+?\))'", page.read_text())})


@pytest.mark.parametrize("written", FILTERS)
def test_a_filter_of_the_pages_is_read(mpd: PrivateMpd, written: str) -> None:
    mpd.mpc("search", written)


def test_the_filter_by_year_finds_what_it_names(mpd: PrivateMpd) -> None:
    (by_year,) = (each for each in FILTERS if "date" in each)
    assert mpd.mpc("search", by_year) == ""  # the library's songs have no year
    assert "open-windows" in mpd.mpc("search", by_year.partition(" AND ")[0][1:])
