"""The blocks of YAML in a page, so that what it shows is what was tried."""

import re
from pathlib import Path


def blocks(page: Path, kind: str) -> list[str]:
    """The blocks that open with "```yaml" and then `kind`."""
    return re.findall(
        rf"^```yaml {kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
