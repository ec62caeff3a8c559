"""`make bench`: a line a figure, `NAME: VALUE UNIT (goal GOAL)`; exit status 1 when one misses its goal.

With JENKINS_WAR the same is measured on a real Jenkins, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import following
import many_boards
import request_to_test
import waiting_labs
from figures import Figure, median_ms
from processes import FTC


def version() -> list[Figure]:
    """How long `ftc version` takes, as a whole process."""
    times = []
    for _ in range(15):
        began = time.monotonic()
        subprocess.run([str(FTC), "version"], check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return [Figure(name="ftc version, median", value=median_ms(times), unit="ms", goal=150)]


def main() -> int:
    """Measure all; 0 when every goal is met."""
    figures: list[Figure] = []
    war = os.environ.get("JENKINS_WAR", "")
    with tempfile.TemporaryDirectory(prefix="fuego-bench-") as folder:
        root = Path(folder)
        for measured in (
            version,
            lambda: request_to_test.measure(root / "requests"),
            lambda: waiting_labs.measure(root / "labs"),
            lambda: following.measure(root / "following"),
            lambda: many_boards.measure(root / "boards"),
            lambda: request_to_test.measure_on_a_real_jenkins(root / "war", Path(war)) if war else [],
        ):
            for figure in measured():
                print(figure, flush=True)
                figures.append(figure)
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
