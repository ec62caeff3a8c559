"""`make bench`: a line a figure, `NAME: VALUE UNIT (goal GOAL)`; exit status 1 when one misses its goal.

Names of measurements given to it are measured alone: `make bench BENCH="claims puts"`. With JENKINS_WAR there is one
more, on a real Jenkins.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bad_neighbours
import following
import history
import many_boards
import one_winner
import puts
import queue_claims
import request_to_test
import vision_lists
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


def subjects(war: str) -> dict[str, Callable[[Path], list[Figure]]]:
    """What can be measured, by name."""
    found: dict[str, Callable[[Path], list[Figure]]] = {
        "version": lambda _root: version(),
        "requests": request_to_test.measure,
        "labs": waiting_labs.measure,
        "following": following.measure,
        "boards": many_boards.measure,
        "claims": queue_claims.measure,
        "puts": puts.measure,
        "history": history.measure,
        "lists": vision_lists.measure,
        "winner": one_winner.measure,
        "neighbours": bad_neighbours.measure,
    }
    if war:
        found["jenkins"] = lambda root: request_to_test.measure_on_a_real_jenkins(root, Path(war))
    return found


def main() -> int:
    """Measure all, or what is named; 0 when every goal is met."""
    known = subjects(os.environ.get("JENKINS_WAR", ""))
    wanted = sys.argv[1:] or list(known)
    if unknown := [name for name in wanted if name not in known]:
        print(f"{unknown[0]}: no such measurement (there are: {', '.join(known)})", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="fuego-bench-") as folder:
        for name in wanted:
            for figure in known[name](Path(folder) / name):
                print(figure, flush=True)
                figures.append(figure)
    missed = [figure for figure in figures if not figure.is_met]
    print(f"{len(figures)} figures, {len(missed)} missed" + "".join(f"\n  missed: {one}" for one in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
