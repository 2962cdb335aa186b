"""Reads cart.events as any consumer may: kafka-python and the CloudEvents 1.0 Kafka binding.

Checks binary mode's attributes and folds the events of one cart; knows nothing else of Cartstream.
"""

import json
import sys
from decimal import Decimal

from kafka import KafkaConsumer

REQUIRED = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type"]


def attributes(record):
    return {name: value.decode() for name, value in record.headers}


def read(topic, count):
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers="127.0.0.1:9092",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=20_000,
    )
    events = []
    for record in consumer:
        events.append((record.key.decode(), attributes(record), record.value))
        if len(events) == count:
            break
    consumer.close()
    return events


def check(events):
    assert len(events) == 3, f"expected 3 events, read {len(events)}"
    types = [headers["ce_type"] for _, headers, _ in events]
    assert types == ["cartstream.item_added.v1", "cartstream.item_added.v1", "cartstream.cart_cleared.v1"], types
    sequences = [headers["ce_sequence"] for _, headers, _ in events]
    assert sequences == sorted(sequences) and len(set(sequences)) == 3, sequences
    items = {}
    for number, (key, headers, value) in enumerate(events, start=1):
        missing = [name for name in REQUIRED if name not in headers]
        assert not missing, missing
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_source"] == "/carts/default"
        assert headers["ce_partitionkey"] == key == "user123"
        event = json.loads(value, parse_float=Decimal)
        assert headers["ce_id"] == event["eventID"] == f"{event['cartID']}:{number}:0"
        assert headers["ce_subject"] == event["cartID"]
        if event["type"] == "cart_cleared":
            items.clear()
        else:
            items[event["itemID"]] = event["item"]["price"] * event["quantity"]
        assert event["total"] == sum(items.values(), Decimal(0)), event
    print(f"read {len(events)} CloudEvents of {key}; totals agree to the digit")


if __name__ == "__main__":
    check(read(sys.argv[1], 3))
