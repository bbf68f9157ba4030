"""`./run benchmark settlement ...`: each benchmark says with --help what it measures."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from benchmarks import purchases, settlement

BENCHMARKS = {"settlement": settlement.main, "purchases": purchases.main}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHMARKS:
        sys.exit(f"Say which benchmark: {', '.join(BENCHMARKS)}.")
    sys.exit(BENCHMARKS[name](sys.argv[2:]))
