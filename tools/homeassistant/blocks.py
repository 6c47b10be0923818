"""The YAML blocks of a page, so that tests try what the page shows."""

import re
from pathlib import Path


def blocks(page: Path, kind: str) -> list[str]:
    """Return the blocks that open with "```yaml" and then `kind`."""
    return re.findall(
        rf"^```yaml {kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
