"""Takes payments for checkouts: reads cart.events, charges what is ready, and tells Cartstream.

A consumer group of its own. An offset is committed only once Cartstream has answered, so whatever
breaks in between is done again; the checkoutID makes every step of it safe to repeat.
"""

import argparse
import json
import os
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from decimal import Decimal

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

READY = "cartstream.checkout_ready.v1"
# An answer that does not come is asked for again, less often each time: an outage ends by itself.
PAUSE, PAUSE_MAX = 0.5, 10.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--namespace", default="", help="as cartstream's --namespace")
    parser.add_argument("--api", default="http://127.0.0.1:8080")
    parser.add_argument("--group", default="payments")
    parser.add_argument("--once", type=int, default=0, metavar="N", help="end after N checkouts")
    return parser.parse_args()


def charge(key, amount, currency):
    """Stands for a payment provider, which charges once for one key, however often it is asked."""
    print(f"charged {amount} {currency} for {key}", flush=True)


def refund(key, why):
    """The same: gives back what was charged for the key, once, and nothing if nothing was."""
    print(f"gave back what was charged for {key}: {why}", flush=True)


def ask(method, url, body=None, headers=None):
    """Status, JSON and Location of an answer; whatever is no answer is asked for again."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **(headers or {})}
    # Where callers are asked who they are, a checkout is completed by the shop's own services.
    if key := os.environ.get("CARTSTREAM_API_KEY"):
        headers["authorization"] = f"Bearer {key}"
    pause = PAUSE
    while True:
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer), answer.headers.get("location")
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return error.code, json.load(error), None
            why = f"status {error.code}"
        except OSError as error:
            why = error
        print(f"{method} {url}: {why}; again in {pause} s", flush=True)
        time.sleep(pause)
        pause = min(pause * 2, PAUSE_MAX)


def complete(api, user, checkout):
    """Tells that a checkout is paid; None if it is sold, or why it is not."""
    path = f"{api}/api/cart/{user}/checkout/{checkout}/complete"
    headers = {"idempotency-key": f"pay-{checkout}"}
    status, told, location = ask("POST", path, {"orderID": f"order-{checkout}"}, headers)
    while status == 202:
        time.sleep(PAUSE)
        status, told, again = ask("GET", api + location)
        location = again or location
    if status == 200:
        return told["problem"]["code"] if told.get("status") == "rejected" else None
    if status == 404 and told["code"] == "command_not_found":
        # It never arrived, or its outcome is forgotten: asking once more tells which.
        return complete(api, user, checkout)
    return told["code"]


def outcome(api, user, checkout):
    """How a checkout ended; it ends by itself with its lease."""
    while True:
        status, told, _ = ask("GET", f"{api}/api/cart/{user}/checkout/{checkout}")
        if status == 404 or told["state"] not in ("reserving", "ready"):
            return told.get("state", "forgotten")
        time.sleep(PAUSE)


def pay(api, event):
    user, checkout = event["userID"], event["checkoutID"]
    if datetime.fromisoformat(event["leaseUntil"]) <= datetime.now(timezone.utc):
        # Too late to begin; but perhaps it was charged before a crash.
        refused = outcome(api, user, checkout)
        refused = None if refused == "completed" else refused
    else:
        amount = sum((item["price"] * item["quantity"] for item in event["items"]), Decimal(0))
        charge(checkout, amount, event["currency"])
        refused = complete(api, user, checkout)
    if refused is None:
        print(f"sold {checkout} of {user} as order-{checkout}", flush=True)
    else:
        refund(checkout, refused)


def main():
    args = arguments()
    prefix = f"{args.namespace}." if args.namespace else ""
    consumer = KafkaConsumer(
        f"{prefix}cart.events.v1",
        bootstrap_servers=args.bootstrap,
        group_id=args.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    paid = 0
    for record in consumer:
        kinds = [value.decode() for name, value in record.headers if name == "ce_type"]
        if kinds == [READY]:
            pay(args.api, json.loads(record.value, parse_float=Decimal))
            paid += 1
        at = TopicPartition(record.topic, record.partition)
        consumer.commit({at: OffsetAndMetadata(record.offset + 1, "", -1)})
        if paid and paid == args.once:
            break
    consumer.close()


if __name__ == "__main__":
    main()
