"""What Schemathesis cannot know of itself: how a delivery of stock is signed, and which refusals of a
well-formed request are the shop's own "no" rather than a wrong description."""

import base64
import copy
import hashlib
import hmac
import os
import time

import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
SECRET = base64.b64decode(os.environ["CARTSTREAM_STOCK_WEBHOOK_SECRET"].removeprefix("whsec_"))

# What only the carts, the catalog or the clock can say of a request that is as the description has it.
# Any other 422 of such a request means that the description promises too much.
JUDGED_BY_STATE = {
    "cart_limit",
    "empty_cart",
    "idempotency_conflict",
    "invalid_expiry",
    "invalid_merge",
    "invalid_stock",
    "invalid_webhook",
    "unknown_variant",
}


class Signed(AuthBase):
    """Signs a request as Standard Webhooks are, over the body as it is sent."""

    def __call__(self, request):
        sent = str(int(time.time()))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        text = request.headers["webhook-id"]
        text = text if isinstance(text, bytes) else text.encode("latin-1")
        signed = hmac.new(SECRET, b".".join([text, sent.encode(), body]), hashlib.sha256).digest()
        request.headers["webhook-timestamp"] = sent
        request.headers["webhook-signature"] = "v1," + base64.b64encode(signed).decode()
        return request


def is_tried(case, location):
    """Whether what stands there is wrong on purpose."""
    meta = case.meta
    return meta is not None and not meta.generation.mode.is_positive and meta.is_negative_at(location)


# Some currencies and their decimals.
PLACES = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def known(currency):
    """A code that ISO 4217 knows: no schema lists them all."""
    return currency if currency in PLACES else sorted(PLACES)[sum(map(ord, currency)) % len(PLACES)]


def rounded(price, currency):
    """A price with no more decimals than its currency has, and no more of it than there may be."""
    return int(min(price, 10_000_000_000 / 10 ** PLACES[currency]))


def named(name):
    """A name of no more than 256 bytes."""
    return name.encode()[:256].decode(errors="ignore") or "x"


def sold(thing, currency):
    """What no schema can say of something that has a price and a name."""
    thing["name"] = named(thing["name"])
    thing["price"] = rounded(thing["price"], currency)
    if thing.get("prices"):
        others = {known(code): price for code, price in thing["prices"].items()}
        others.pop(currency, None)
        thing["prices"] = {code: rounded(price, code) for code, price in others.items()}


def mended(product):
    """A product as described, made one that keeps the rules that no schema can say."""
    if product.get("currency") is not None:
        product["currency"] = known(product["currency"])
    currency = product.get("currency") or "USD"
    sold(product, currency)
    if product.get("names"):
        product["names"] = {tag.lower()[:35].rstrip("-"): named(name) for tag, name in product["names"].items()}
    variants = {variant["id"]: variant for variant in product.get("variants") or []}
    for variant in variants.values():
        sold(variant, currency)
    if product.get("variants"):
        product["variants"] = list(variants.values())
    return product


@schemathesis.hook
def before_load_schema(context, schema):
    """A shop that asks nobody who they are requires no credentials, whatever its description says of
    the others."""
    if os.environ["SHOP"] == "open":
        schema.pop("security", None)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A delivery is signed, and a product keeps its rules, unless just that is what is being tried."""
    operation = case.operation.definition.raw.get("operationId")
    # The quotes of an entity tag are lost where a pattern asks for them in the coverage phase.
    if not is_tried(case, ParameterLocation.HEADER) and case.headers:
        version = case.headers.get("If-Match", "")
        if version.isdigit():
            case.headers["If-Match"] = f'"{version}"'
        if version == "":
            case.headers.pop("If-Match", None)
    if operation == "deliverStock" and not is_tried(case, ParameterLocation.HEADER):
        if all(name in (case.headers or {}) for name in SIGNED):
            kwargs["auth"] = Signed()
    # A shop that has no secret has no such route.
    if operation == "deliverStock" and not is_tried(case, ParameterLocation.QUERY) and case.query:
        case.query.pop("tenant", None)
    if operation == "putProduct" and not is_tried(case, ParameterLocation.BODY):
        if isinstance(case.body, dict):
            case.body = mended(copy.deepcopy(case.body))
    if operation in ("addItem", "changeCurrency") and not is_tried(case, ParameterLocation.BODY):
        if isinstance(case.body, dict) and isinstance(case.body.get("currency"), str):
            case.body = case.body | {"currency": known(case.body["currency"])}


@schemathesis.check
def well_formed_is_refused_only_by_state(ctx, response, case):
    """A 422 to a request that is as described names something only the shop could know."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    code = response.json()["code"]
    assert code in JUDGED_BY_STATE, f"a request as described was refused by {code}: {response.text}"


@schemathesis.check
def every_refusal_is_a_problem(ctx, response, case):
    """Whatever is wrong, and wherever, is answered as RFC 9457 has it."""
    if response.status_code < 400 or case.operation.path == "/readyz" or case.method == "HEAD":
        return
    kind = response.headers["content-type"][0]
    assert kind == "application/problem+json", f"{response.status_code} is answered as {kind}"
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    assert problem["type"] == "/problems/" + problem["code"], problem
