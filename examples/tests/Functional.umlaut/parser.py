#!/usr/bin/python3
# One test case a line: "ok 1 - NAME", "not ok 2 - NAME", "ok 3 - NAME # SKIP why".

import os
import sys

sys.path.insert(0, os.environ["FUEGO_CORE"] + "/scripts/parser")
import common as plib

results = {}
for status, name, skipped in plib.parse_log(r"^(ok|not ok) [0-9]+ - ([^#]*[^# ]) *(# SKIP.*)?$"):
    verdict = "SKIP" if skipped else {"ok": "PASS", "not ok": "FAIL"}[status]
    results["default." + name.replace(" ", "_")] = verdict

sys.exit(plib.process(results))
