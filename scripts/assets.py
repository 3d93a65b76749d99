"""Gets what the tests use and git does not hold: the person model and sample footage. Exit code 1 if one is missing."""

import os
import sys
from pathlib import Path

from watchglass.base import assets
from watchglass.base.assets import MANIFEST, Places
from watchglass.base.errors import WatchglassError
from watchglass.cli.progress import reporting

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "assets"


def main() -> int:
    given = BESIDE if BESIDE.is_dir() and "WATCHGLASS_ASSETS" not in os.environ else None
    places = Places.of(os.environ, given)
    missing = 0
    for asset in MANIFEST:
        try:
            with reporting() as report:
                path = assets.obtain(asset, places, report)
            print(f"watchglass: {path}")
        except WatchglassError as error:
            print(f"watchglass: {error.sentence}", file=sys.stderr)
            missing += 1
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main())
