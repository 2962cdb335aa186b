"""Checks the documents of docs/contract as anybody may who has nothing but them: against the meta-schemas
of OpenAPI 3.1, AsyncAPI 3.0 and JSON Schema 2020-12, and against the samples of events and records.

With --url also what a running instance serves and answers. Knows nothing else of Cartstream.
"""

import argparse
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "docs/contract"
SAMPLES = ROOT / "schemas/golden/v1"
META = Path(__file__).resolve().parent / "metaschemas"
# Where schemas lie for their relative references; nothing is fetched from there.
BASE = "http://contract.invalid/"

# The records on topics whose samples have other names than their schemas.
RECORDS = {"product.": "product", "level.": "level", "command.": "command", "stock_command.": "stock_command",
           "reply.": "reply", "stock_reply.": "stock_reply"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def retrieve(uri):
    return Resource.from_contents(read(DOCUMENTS / uri.removeprefix(BASE)), default_specification=DRAFT202012)


def validator(path):
    """The validator of the schema at this path of the contract."""
    registry = Registry(retrieve=retrieve)
    checker = FormatChecker(["date-time", "uuid"])
    assert not checker.conforms("yesterday", "date-time"), "formats are not checked"
    return Draft202012Validator({"$ref": BASE + path}, registry=registry, format_checker=checker)


def fails(validator, value):
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def require(validator, value, what):
    wrong = fails(validator, value)
    assert not wrong, f"{what}: {wrong[:3]}"


def references(part):
    """Every `$ref` somewhere in a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(path, reference):
    """Fails unless the reference in the document at `path` leads somewhere."""
    Registry(retrieve=retrieve).resolver(BASE + path).lookup(reference)


def check_documents():
    openapi = read(DOCUMENTS / "openapi.json")
    require(Draft202012Validator(read(META / "openapi-3.1.json")), openapi, "openapi.json")
    for name, schema in openapi["components"]["schemas"].items():
        require(Draft202012Validator(Draft202012Validator.META_SCHEMA), schema, name)
    asyncapi = read(DOCUMENTS / "asyncapi.json")
    require(Draft7Validator(read(META / "asyncapi-3.0.0.json")), asyncapi, "asyncapi.json")

    schemas = sorted(DOCUMENTS.glob("schemas/*/*.json"))
    for path in schemas:
        Draft202012Validator.check_schema(read(path))
    listed = [entry["path"] for entry in read(DOCUMENTS / "schemas/index.json")["schemas"]]
    there = ["/" + str(path.relative_to(DOCUMENTS)) for path in schemas]
    assert sorted(listed) == there, set(listed) ^ set(there)
    count = 0
    for path in [DOCUMENTS / "openapi.json", DOCUMENTS / "asyncapi.json", *schemas]:
        for reference in references(read(path)):
            resolve(str(path.relative_to(DOCUMENTS)), reference)
            count += 1
    print(f"{len(schemas)} JSON Schemas, OpenAPI and AsyncAPI are what their meta-schemas say; {count} references lead somewhere")


def check_event(path, any_event):
    """A sample fits its schema, and fits no more once a field is missing or one is there that is not described."""
    event = read(path)
    own = validator(f"schemas/events/{event['type']}.v1.json")
    require(own, event, path.name)
    require(any_event, event, path.name)
    schema = read(DOCUMENTS / f"schemas/events/{event['type']}.v1.json")
    for name in schema["required"]:
        assert fails(own, {key: event[key] for key in event if key != name}), f"{path.name} without {name}"
    assert fails(own, event | {"more": 1}), f"{path.name} with more"
    assert fails(any_event, event | {"more": 1}), f"{path.name} with more"
    return event["type"]


def check_samples():
    any_event = validator("schemas/events/any.v1.json")
    kinds = {check_event(path, any_event) for path in sorted(SAMPLES.glob("event.*.json"))}
    described = {path.name.split(".")[0] for path in DOCUMENTS.glob("schemas/events/*.json")} - {"any"}
    assert kinds == described, kinds ^ described
    records = 0
    for start, name in RECORDS.items():
        record = validator(f"schemas/records/{name}.v1.json")
        samples = [path for path in SAMPLES.glob(f"{start}*.json")]
        assert samples, start
        for path in samples:
            require(record, read(path), path.name)
            assert fails(record, read(path) | {"more": 1}), f"{path.name} with more"
        records += len(samples)
    print(f"the samples of {len(kinds)} types of events, and {records} records, fit their schemas")


def check_records():
    """The records that docs/events.md prints, key and headers and value, are messages of AsyncAPI."""
    messages = read(DOCUMENTS / "asyncapi.json")["components"]["messages"]
    checker = FormatChecker(["date-time", "uuid"])
    printed = re.findall(r"```text\n(\S+) (\S+)\n(.+)\n```", (ROOT / "docs/events.md").read_text(encoding="utf-8"))
    for key, headers, value in printed:
        headers = dict(header.split("=", 1) for header in headers.split(","))
        event = json.loads(value)
        message = messages[event["type"]]
        headers_of = Draft202012Validator(message["headers"], format_checker=checker)
        require(headers_of, headers, f"headers of {event['type']}")
        assert fails(headers_of, headers | {"ce_type": "cartstream.other.v1"})
        described = message["headers"]
        assert set(described["required"]) <= set(headers) <= set(described["properties"]), event["type"]
        require(Draft202012Validator(message["bindings"]["kafka"]["key"]), key, f"key of {event['type']}")
        assert message["payload"]["$ref"] == f"./schemas/events/{event['type']}.v1.json"
        require(validator(f"schemas/events/{event['type']}.v1.json"), event, event["type"])
    assert len(printed) >= 21, len(printed)
    print(f"{len(printed)} printed records are messages of AsyncAPI, headers and all")


def check_broken():
    """What is not as a meta-schema says is told: none of the checks above passes everything."""
    openapi, asyncapi = read(DOCUMENTS / "openapi.json"), read(DOCUMENTS / "asyncapi.json")
    assert fails(Draft202012Validator(read(META / "openapi-3.1.json")), openapi | {"paths": {"no-slash": {}}})
    asyncapi["operations"]["write.cart.events"]["action"] = "shout"
    assert fails(Draft7Validator(read(META / "asyncapi-3.0.0.json")), asyncapi)
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    assert fails(meta, {"type": "text"})


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read()
    except urllib.error.HTTPError as problem:
        return problem.read()


def check_served(url):
    """An instance serves these documents, and what it answers fits them. There are products, and a cart of user123."""
    paths = sorted(DOCUMENTS.rglob("*.json"))
    for path in paths:
        name = str(path.relative_to(DOCUMENTS)).replace("index.json", "")
        assert get(f"{url}/{name}") == path.read_bytes(), f"{name} is served otherwise than it is checked in"

    def answer(path):
        return json.loads(get(url + path))

    product = answer("/api/products")[0]
    require(validator("schemas/api/listed_product.v1.json"), product, "a product")
    require(validator("schemas/api/problem.v1.json"), answer("/api/products/none"), "a problem")
    require(validator("schemas/api/cart.v1.json"), answer("/api/cart/user123"), "a cart")
    require(validator("schemas/api/cart_status.v1.json"), answer("/api/cart/user123/state"), "a state")
    history = answer("/api/cart/user123/events")
    require(validator("schemas/api/history.v1.json"), history, "a history")
    assert history["events"], "the cart has no history"
    for event in history["events"]:
        require(validator("schemas/events/any.v1.json"), event, "an event")
    print(f"{len(paths)} documents are served as they are checked in, and what is answered fits them")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an instance that runs")
    url = parser.parse_args().url
    if url:
        check_served(url)
        return
    check_documents()
    check_samples()
    check_records()
    check_broken()


if __name__ == "__main__":
    main()
