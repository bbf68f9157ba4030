"""Real files that are too large or not ours to keep here; they lie beside the checkout."""

from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def real_data(name):
    """The path of `../shared/data/NAME`; skips the test where it is not there."""
    path = _BESIDE / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not beside this checkout.")
    return path
