"""Real files that are too large or not ours to keep here; they lie beside the checkout."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def real_data(name):
    """The path of NAME in `RENDAN_REAL_DATA`, or in `shared/data` beside or above the checkout.

    Skips the test where it is not there.
    """
    named = os.environ.get("RENDAN_REAL_DATA")
    places = [Path(named)] if named else [up / "shared" / "data" for up in _ROOT.parents]
    for place in places:
        if (place / name).exists():
            return place / name
    return pytest.skip(f"shared/data/{name} is not beside this checkout.")
