"""A hub in a process of its own, with the lab demolab (board qemu), its admin tim, and the user ann."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

import hub_folders
from fuego_jenkins_remote.hub import admin
from until import until

SERVE = (
    "import sys; from pathlib import Path; from fuego_jenkins_remote.hub.serve import serve; "
    "serve(Path(sys.argv[1]), '127.0.0.1', 0, json_ready=True, workers=int(sys.argv[2]), calls=float(sys.argv[3]))"
)


@dataclass
class Running:
    """A hub in a process of its own."""

    url: str
    process: subprocess.Popen[str]
    secrets: dict[str, str]

    def call(self, who: str, method: str, path: str, **values: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secrets[who]}"}
        return requests.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=40, **values)

    def waits_for(self, calls: int = 1) -> None:
        """Wait until so many calls wait for news there. It has one process."""

        def there() -> bool:
            figures = requests.get(f"{self.url}/metrics", timeout=40).text
            [waiting] = re.findall(r"^fuego_long_polls (\d+)", figures, re.MULTILINE)
            return int(waiting) == calls

        until(there, f"{calls} calls wait")

    def put(self, call_id: str) -> Any:
        body = {"call_id": call_id, "selector": "demolab:qemu", "test": "Functional.hello"}
        answer = self.call("ann", "POST", "/requests", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["requests"][0]

    def claim(self, call_id: str, wait: float, *boards: str) -> Any:
        body = {"claim_id": call_id, "boards": boards or ("qemu",), "wait": wait}
        answer = self.call("demolab", "POST", "/claims", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_hub(folder: Path, workers: int = 1, *, calls: float = 50) -> Iterator[Running]:
    """Set it up, serve it, end it. `calls` a second are taken of a lab; 0: any number."""
    if not folder.exists():
        hub_folders.init(folder)
    engine = admin.open_data(folder)
    secrets = {
        "demolab": admin.add_lab(engine, "demolab"),
        "ann": admin.add_user(engine, "ann", teams=["annslab"]),
        "tim": admin.add_user(engine, "tim", teams=["demolab:admin"]),
    }
    engine.dispose()
    command = [sys.executable, "-c", SERVE, str(folder), str(workers), str(calls)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            made = Running(url=url, process=process, secrets=secrets)
            board = {"facts": {"arch": "x86_64"}, "open_to": ["*"]}
            assert made.call("demolab", "PUT", "/boards/demolab/qemu", json=board).status_code == 200
            yield made
        finally:
            if process.poll() is None:
                process.kill()
