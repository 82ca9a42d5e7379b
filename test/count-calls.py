"""Counts the calls of sandbox reports with Python's own json, to hold taxon's reader to an independent count.

Usage: python3 count-calls.py REPORT.json[.gz] ...
Prints one line a report: its path, a tab, and the sum over its calls of 1 + repeated. A report that has only apistats,
or nothing, counts 0. A Speakeasy report counts its apis.
"""

import gzip
import json
import sys


def read(path):
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        return json.load(file)


def count(report):
    if isinstance(report, list) or "entry_points" in report:
        points = report if isinstance(report, list) else report["entry_points"]
        return sum(len(point.get("apis") or []) for point in points)
    behaviour = report.get("behavior") or {}
    return sum(
        1 + int(call.get("repeated") or 0)
        for process in behaviour.get("processes") or []
        for call in process.get("calls") or []
    )


for path in sys.argv[1:]:
    print(f"{path}\t{count(read(path))}")
