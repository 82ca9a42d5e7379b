"""Loads one report with json.load and counts its calls: run in a fresh process. The load alone is timed."""

import json
import sys
import time

with open(sys.argv[1], encoding="utf-8") as file:
    start = time.perf_counter()
    report = json.load(file)
    seconds = time.perf_counter() - start
calls = sum(len(process["calls"]) for process in report["behavior"]["processes"])
print(json.dumps({"calls": calls, "seconds": seconds}))
