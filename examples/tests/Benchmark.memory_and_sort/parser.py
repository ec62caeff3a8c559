#!/usr/bin/python3
# Lines such as "memory copy 4211.50 MiB/s".

import os
import sys

sys.path.insert(0, os.environ["FUEGO_CORE"] + "/scripts/parser")
import common as plib

results = {}
for case, name, value in plib.parse_log(r"^(memory|sort) (\w+) ([0-9.]+) \S+$"):
    results.setdefault("default." + case, []).append({"name": name, "measure": float(value)})

sys.exit(plib.process(results))
