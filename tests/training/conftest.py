"""Makes the modules of tools/training importable by the names they know each other by."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "training"))
