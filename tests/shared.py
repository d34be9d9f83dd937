"""Where the real data are. A test that reads them is marked `shared`; where they are not, it is skipped."""

import os
from pathlib import Path


def shared() -> Path:
    """The folder of real data: beside the checkout, or where TINHGON_SHARED says."""
    return Path(os.environ.get("TINHGON_SHARED") or Path(__file__).resolve().parents[2] / "shared")
