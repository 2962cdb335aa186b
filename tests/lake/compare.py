"""Computes what became of carts from the Parquet files alone, by the queries of docs/lake, and compares every
number with what `cartstream analytics replay --json` said.

    python tests/lake/compare.py FOLDER-OF-FILES REPLAY.jsonl
"""

import json
import sys
from pathlib import Path

import duckdb

QUERIES = Path(__file__).parents[2] / "docs" / "lake"


def by_duckdb(folder):
    lake = duckdb.connect()
    lake.execute("SET VARIABLE lake = ?", [folder])
    for name in ("events", "steps", "tallies"):
        lake.execute((QUERIES / f"{name}.sql").read_text())
    # The page's own example must run, too.
    lake.execute((QUERIES / "shops.sql").read_text())
    rows = lake.execute("SELECT * FROM tallies")
    names = [column[0] for column in rows.description]
    counts = {}
    for row in rows.fetchall():
        row = dict(zip(names, row))
        hour = row.pop("hour").strftime("%Y-%m-%dT%H:%M:%SZ")
        counts[(row.pop("tenant"), row.pop("currency"), hour)] = row
    repeated = lake.execute(
        "SELECT count(*) - count(DISTINCT event_id) FROM "
        "read_parquet(getvariable('lake') || '/*/*/*.parquet', hive_partitioning = false)"
    ).fetchone()[0]
    return counts, repeated


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def by_replay(lines):
    counts = {}
    for line in lines:
        row = json.loads(line)
        key = (row.pop("tenant"), row.pop("currency"), row.pop("hour"))
        tiers = {f"abandoned_{tier}": count for tier, count in enumerate(row.pop("abandoned"), start=1)}
        counts[key] = {snake(name): count for name, count in row.items()} | tiers
    return counts


def compare(folder, replay):
    with open(replay) as lines:
        told = by_replay(lines)
    counted, repeated = by_duckdb(folder)
    different, numbers, nonzero = [], 0, set()
    for key in sorted(told.keys() | counted.keys(), key=str):
        ours, theirs = counted.get(key, {}), told.get(key, {})
        for name in sorted(ours.keys() | theirs.keys()):
            numbers += 1
            if ours.get(name) != theirs.get(name):
                different.append(f"{key} {name}: {ours.get(name)} by SQL, {theirs.get(name)} by replay")
            elif ours[name]:
                nonzero.add(name)
    print("\n".join(different[:20]), end="\n" if different else "")
    zero = sorted({name for row in told.values() for name in row} - nonzero)
    never = f"; never above zero: {', '.join(zero)}" if zero else ""
    print(f"{numbers} numbers of {len(told)} hours of shops compared, {len(different)} different, "
          f"{repeated} events told twice{never}")
    if different or not nonzero:
        raise SystemExit(1)


if __name__ == "__main__":
    compare(*sys.argv[1:])
