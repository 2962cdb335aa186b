"""Asks a shop that is served for every figure of its dashboard, and compares each with what DuckDB computes from
the Parquet files alone, by the queries of docs/lake.

    python tests/lake/served.py FOLDER-OF-FILES URL
"""

import json
import sys
import urllib.parse
import urllib.request
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

QUERIES = Path(__file__).parents[2] / "docs" / "lake"
EXPONENTS = {"JPY": 0, "KWD": 3}
COUNTS = ("begun", "added", "removed", "recovered", "checkouts", "converted", "won_back", "seconds_to_convert",
          "timed", "expired")


def ask(url, path, **query):
    asked = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
    with urllib.request.urlopen(f"{url}{path}?{asked}") as answer:
        return json.load(answer, parse_float=Decimal)


def minor(amount, currency):
    return int(Decimal(amount).scaleb(EXPONENTS.get(currency, 2)))


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def rate(part, whole):
    return None if whole == 0 else Decimal(part * 10_000 // whole).scaleb(-4)


class Lake:
    def __init__(self, folder):
        self.base = duckdb.connect()
        self.base.execute("SET VARIABLE lake = ?", [folder])
        for name in ("events", "steps", "tallies", "goods"):
            self.base.execute((QUERIES / f"{name}.sql").read_text())
        # Asked for again and again: computed once.
        for view in ("tallies", "goods"):
            self.base.execute(f"CREATE TABLE {view}_kept AS SELECT * FROM {view}")

    def rows(self, query, *values):
        found = self.base.execute(query, list(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row)) for row in found.fetchall()]

    def tenants(self):
        return [row["tenant"] for row in self.rows("SELECT DISTINCT tenant FROM tallies_kept ORDER BY 1")]

    def span(self):
        """Every day that is over: whoever serves the folder adds to today."""
        (row,) = self.rows("SELECT min(hour) AS first, max(hour) AS last FROM tallies_kept")
        today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        end = min(row["last"] + timedelta(hours=1), today)
        for table in ("tallies", "goods"):
            when = {"tallies": "hour", "goods": "day"}[table]
            self.base.execute(f"DELETE FROM {table}_kept WHERE {when} >= ?", [end])
        return row["first"], end

    def hours(self, tenant):
        return self.rows("SELECT * FROM tallies_kept WHERE tenant IS NOT DISTINCT FROM ?", tenant)

    def goods(self, tenant):
        return self.rows(
            "SELECT currency, product_id, sum(added) AS added, sum(removed) AS removed, sum(cheaper) AS cheaper, "
            'sum("left") AS "left", sum(left_pieces) AS left_pieces, sum(left_value) AS left_value, '
            "sum(sold) AS sold, sum(sold_pieces) AS sold_pieces, sum(sold_value) AS sold_value "
            "FROM goods_kept WHERE tenant IS NOT DISTINCT FROM ? GROUP BY ALL", tenant)

    def unexplained(self):
        """Carts that were left whose lines do not come to the value their event tells."""
        return self.rows(
            "SELECT count(*) AS carts FROM (SELECT event_id, value_minor, coalesce(sum(value), 0) AS value FROM "
            "(SELECT event_id, value_minor FROM placed WHERE type = 'cart_abandoned' AND tier = 1) "
            "LEFT JOIN left_lines USING (event_id, value_minor) GROUP BY ALL) WHERE value <> value_minor")[0]["carts"]


class Comparison:
    def __init__(self):
        self.numbers, self.different = 0, []

    def same(self, what, ours, theirs):
        self.numbers += 1
        if ours != theirs:
            self.different.append(f"{what}: {ours} by SQL, {theirs} by the shop")


def text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def sums(rows):
    total = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for name, count in row.items():
            if name not in ("tenant", "currency", "hour"):
                total[row["currency"]][name] += count
    return total


def compare_hours(found, lake, url, tenant, span):
    told = {}
    for point in ask(url, "/api/analytics/timeseries", step="hour", tenant=tenant, **span)["figures"]:
        told[(point["currency"], point["at"])] = point
    counted = {(row["currency"], text(row["hour"])): row for row in lake.hours(tenant)}
    found.same(f"{tenant}: the hours", sorted(counted, key=str), sorted(told, key=str))
    for key in counted.keys() & told.keys():
        row, point, currency = counted[key], told[key], key[0]
        for name in COUNTS:
            found.same(f"{tenant} {key} {name}", row[name], point[camel(name)])
        for tier in (1, 2, 3):
            found.same(f"{tenant} {key} tier {tier}", row[f"abandoned_{tier}"], point["abandoned"][tier - 1])
        for name in ("abandoned_value", "converted_value"):
            found.same(f"{tenant} {key} {name}", row[name], minor(point[camel(name)], currency))


def compare_sums(found, lake, url, tenant, span):
    totals = sums(lake.hours(tenant))
    funnel = ask(url, "/api/analytics/funnel", tenant=tenant, **span)["figures"]
    abandonment = ask(url, "/api/analytics/abandonment", tenant=tenant, **span)["figures"]
    for told in (funnel, abandonment):
        found.same(f"{tenant}: the currencies", sorted(totals, key=str), sorted((one["currency"] for one in told), key=str))
    for one in funnel:
        total, currency = totals[one["currency"]], one["currency"]
        for name in ("begun", "checkouts", "converted"):
            found.same(f"{tenant} funnel {currency} {name}", total[name], one[name])
        found.same(f"{tenant} revenue {currency}", total["converted_value"], minor(one["convertedValue"], currency))
        rates = one["rates"]
        found.same(f"{tenant} {currency} checkout", rate(total["checkouts"], total["begun"]), rates["checkout"])
        found.same(f"{tenant} {currency} conversion", rate(total["converted"], total["begun"]), rates["conversion"])
        mean = total["seconds_to_convert"] // total["timed"] if total["timed"] else None
        found.same(f"{tenant} {currency} time", mean, one["timeToConvert"]["meanSeconds"])
    for one in abandonment:
        total, currency = totals[one["currency"]], one["currency"]
        for name in ("begun", "recovered", "won_back", "expired"):
            found.same(f"{tenant} abandonment {currency} {name}", total[name], one[camel(name)])
        tiers = [total[f"abandoned_{tier}"] for tier in (1, 2, 3)]
        found.same(f"{tenant} abandonment {currency} tiers", tiers, one["abandoned"])
        found.same(f"{tenant} left {currency}", total["abandoned_value"], minor(one["abandonedValue"], currency))
        found.same(f"{tenant} {currency} abandonment", rate(tiers[0], total["begun"]), one["rates"]["abandonment"])
        found.same(f"{tenant} {currency} recovery", rate(total["recovered"], tiers[0]), one["rates"]["recovery"])


def compare_goods(found, lake, url, tenant, span):
    goods = lake.goods(tenant)
    for by, rank in (("left", "left_value"), ("sold", "sold_value"), ("added", "added"), ("cheaper", "cheaper")):
        told = ask(url, "/api/analytics/products", by=by, limit=100, tenant=tenant, **span)["figures"]
        some = [row for row in goods if row[rank] > 0]
        some.sort(key=lambda row: (-row[rank], row["product_id"], row["currency"] or ""))
        found.same(f"{tenant} {by}: the products", [(row["product_id"], row["currency"]) for row in some[:100]],
                   [(one["productID"], one["currency"]) for one in told])
        for row, one in zip(some, told):
            for name in ("added", "removed", "left", "left_pieces", "sold", "sold_pieces", "cheaper"):
                found.same(f"{tenant} {by} {row['product_id']} {name}", row[name], one[camel(name)])
            for name in ("left_value", "sold_value"):
                found.same(f"{tenant} {by} {row['product_id']} {name}", row[name],
                           minor(one[camel(name)], row["currency"]))


def main(folder, url):
    lake, found = Lake(folder), Comparison()
    first, end = lake.span()
    span = {"from": text(first), "to": text(end)}
    for tenant in lake.tenants():
        compare_hours(found, lake, url, tenant, span)
        compare_sums(found, lake, url, tenant, span)
        compare_goods(found, lake, url, tenant, span)
    found.same("carts whose lines are not what they were left with", lake.unexplained(), 0)
    print("\n".join(found.different[:20]), end="\n" if found.different else "")
    print(f"{found.numbers} numbers of the dashboard compared, {len(found.different)} different")
    if found.different or found.numbers < 50:
        raise SystemExit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
