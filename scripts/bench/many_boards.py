"""How long `ftc lab jobs` takes for a lab of 500 boards: from nothing, and again when nothing has changed."""

from __future__ import annotations

import time
from pathlib import Path

from figures import Figure
from places import write_conf
from processes import FTC, Person, Services, StepFailed, ftc

BOARDS = 500
BOARD_FILE = 'inherit "base-board"\nARCHITECTURE="arm"\nTRANSPORT="local"\nTOOLCHAIN="debian-armhf"\n'


def measure(root: Path) -> list[Figure]:
    """Make nodes and jobs in the embedded controller, then look whether anything is to be done."""
    (root / "logs").mkdir(parents=True)
    boards = root / "ro" / "boards"
    boards.mkdir(parents=True)
    for number in range(BOARDS):
        (boards / f"board{number:03}.board").write_text(BOARD_FILE)
    lab = Person("lab", root / "ro" / "conf" / "fuego.conf")
    settings = {
        "host_name": "manyboards",
        "fuego_ro_dir": str(root / "ro"),
        "fuego_rw_dir": str(root / "rw"),
        "fuego_core_dir": str(root / "core"),
        "state_dir": str(root / "state"),
    }
    write_conf(lab.conf, settings)
    services = Services(root / "logs")
    command = [str(FTC), "lab", "jenkins", "--data", str(root / "jenkins"), "--port", "0", "--json"]
    try:
        url = services.start("jenkins", command, lab.environment())
        write_conf(lab.conf, settings | {"jenkins_url": url})
        first, made = _timed(lab)
        again, left = _timed(lab)
    finally:
        services.stop()
    if made != (BOARDS, BOARDS + 1) or left != (0, 0):
        raise StepFailed(f"made {made} nodes and jobs, then {left}")
    return [
        Figure(name=f"ftc lab jobs, {BOARDS} boards, from nothing", value=first, unit="s", goal=60),
        Figure(name=f"ftc lab jobs, {BOARDS} boards, nothing changed", value=again, unit="s", goal=5),
    ]


def _timed(lab: Person) -> tuple[float, tuple[int, int]]:
    """Seconds of one call, and how many nodes and jobs it made."""
    began = time.monotonic()
    done = ftc(lab, "lab", "jobs", "--json", timeout=300).json
    took = time.monotonic() - began
    return took, (len(list(done["node_made"])), len(list(done["job_created"])))  # type: ignore[call-overload]
