"""The shop's business by a client that was generated from its description: a guest fills a cart, logs
in, merges, checks out; staff completes; the history has all of it."""

import sys
import time
import uuid

from shop_client import AuthenticatedClient, Client
from shop_client.api.cart import (
    add_item,
    clear_cart,
    extend_expiry,
    get_cart,
    get_cart_state,
    get_command,
    get_events,
    get_expiry,
    get_merge,
    get_route,
    merge_carts,
    remove_item,
    set_quantity,
)
from shop_client.api.catalog import adjust_stock, get_product, list_products, put_product
from shop_client.api.checkout import cancel_checkout, check_out, complete_checkout, get_checkout
from shop_client.api.identity import give_ticket, welcome_guest
from shop_client.api.operations import livez, readyz
from shop_client.models import (
    AddItem,
    AdjustStock,
    CheckoutState,
    CompleteCheckout,
    Extend,
    MergeCarts,
    ProblemCode,
    Product,
    SetQuantity,
    Variant,
)
from tokens import token

url, secret = sys.argv[1:]
strict = {"raise_on_unexpected_status": True}
anybody = Client(url, **strict)
staff = AuthenticatedClient(url, token=token(secret, "staff", "cart:admin"), **strict)
customer = AuthenticatedClient(url, token=token(secret, "user123"), **strict)


def told(response, status=200):
    """What was answered, as the type the description promises for this status."""
    assert response.status_code == status, (response.status_code, response.content)
    assert response.parsed is not None, response.content
    return response.parsed


def kinds(user, client):
    """The types of all events of a cart, and their versions, which have no gaps."""
    events, after, end = [], 0, time.monotonic() + 10
    while after is not None:
        assert time.monotonic() < end, "the history was not kept in time"
        history = told(get_events.sync_detailed(user, client=client, after=after))
        events += [event.additional_properties for event in history.events]
        after = history.next_
    versions = sorted({event["version"] for event in events})
    assert versions == list(range(1, len(versions) + 1)), versions
    return [event["type"] for event in events]


def look_around():
    assert told(livez.sync_detailed(client=anybody)) == "ok"
    assert told(readyz.sync_detailed(client=anybody)).status == "ready"
    products = told(list_products.sync_detailed(client=anybody))
    shirt = next(product for product in products if product.id == "prod_456")
    assert (shirt.name, shirt.price, shirt.currency) == ("T-Shirt", 29.99, "USD")
    assert told(get_product.sync_detailed("nothing", client=anybody), 404).code == ProblemCode.PRODUCT_NOT_FOUND


def stock_up():
    hat = Product(name="Hat", price=15.5, stock=3, currency="USD", variants=[Variant("red", "Red", 16.0, 2)])
    assert told(put_product.sync_detailed("prod_hat", client=customer, body=hat), 403).code == ProblemCode.FORBIDDEN
    put = told(put_product.sync_detailed("prod_hat", client=staff, body=hat))
    assert put.id == "prod_hat" and put.variants[0].price == 16
    more = AdjustStock(delta=4, variant="red")
    level = told(adjust_stock.sync_detailed("prod_hat", client=staff, body=more))
    assert (level.on_hand, level.variant) == (6, "red"), level


def visit_as_guest():
    """A guest puts two shirts and a hat into a cart."""
    guest = told(welcome_guest.sync_detailed(client=anybody), 201)
    client = AuthenticatedClient(url, token=guest.token, **strict)
    shirts = AddItem(product_id="prod_456", quantity=2, variant="large-red")
    cart = told(add_item.sync_detailed(guest.user_id, client=client, body=shirts))
    assert (cart.item_count, cart.total, cart.version) == (2, 59.98, 1)
    hat = AddItem(product_id="prod_hat", quantity=1, variant="red")
    cart = told(add_item.sync_detailed(guest.user_id, client=client, body=hat))
    assert (cart.item_count, cart.total, cart.state) == (3, 75.98, "active")
    assert told(get_cart.sync_detailed("user123", client=client), 403).code == ProblemCode.FORBIDDEN
    assert told(get_cart.sync_detailed(guest.user_id, client=anybody), 401).code == ProblemCode.UNAUTHENTICATED
    return guest


def shop_as_customer():
    """The source document's operations: add, update, remove, state, expiry, clear."""
    jeans = AddItem(product_id="prod_2", quantity=1, variant="32-blue")
    key = str(uuid.uuid4())
    first = add_item.sync_detailed("user123", client=customer, body=jeans, idempotency_key=key)
    item = told(first).items[0].item_id
    again = add_item.sync_detailed("user123", client=customer, body=jeans, idempotency_key=key)
    assert told(again).version == 1 and again.headers["idempotent-replayed"] == "true"

    stale = set_quantity.sync_detailed("user123", item, client=customer, body=SetQuantity(3), if_match='"0"')
    assert told(stale, 412).current_version == 1
    seen = first.headers["etag"]
    cart = told(set_quantity.sync_detailed("user123", item, client=customer, body=SetQuantity(3), if_match=seen))
    assert cart.items[0].quantity == 3

    later = remove_item.sync_detailed("user123", item, client=customer, prefer="respond-async")
    command = told(later, 202).command_id
    status = get_command.sync_detailed("user123", command, client=customer)
    while status.status_code == 202:
        status = get_command.sync_detailed("user123", command, client=customer)
    assert told(status).version == 3
    gone = remove_item.sync_detailed("user123", item, client=customer)
    assert told(gone, 404).code == ProblemCode.ITEM_NOT_FOUND

    state = told(get_cart_state.sync_detailed("user123", client=customer))
    assert (state.state, state.locked, state.version, state.deadlines.lease) == ("active", False, 3, None)
    ends = told(get_expiry.sync_detailed("user123", client=customer)).expires_at
    cart = told(extend_expiry.sync_detailed("user123", client=customer, body=Extend(3_600)))
    assert (cart.expires_at - ends).total_seconds() == 3_600
    told(add_item.sync_detailed("user123", client=customer, body=jeans))
    assert told(clear_cart.sync_detailed("user123", client=customer)).items == []
    assert told(get_route.sync_detailed("user123", client=customer)).partition >= 0
    assert told(give_ticket.sync_detailed(client=customer), 201).ticket


def take_over(guest):
    """The guest logs in: the guest's items are the customer's."""
    body = MergeCarts(from_user_id=guest.user_id)
    assert told(merge_carts.sync_detailed("user123", client=customer, body=body), 403)
    body = MergeCarts(from_user_id=guest.user_id, from_token=guest.token)
    merged = told(merge_carts.sync_detailed("user123", client=customer, body=body))
    assert (merged.item_count, merged.total, merged.warnings) == (3, 75.98, [])
    status = told(get_merge.sync_detailed("user123", merged.merge_id, client=customer))
    assert (status.status, status.from_user_id) == ("merged", guest.user_id)


def pay():
    """One checkout is given up, the next one is paid."""
    first = told(check_out.sync_detailed("user123", client=customer))
    assert (first.state, first.total, len(first.lines)) == (CheckoutState.READY, 75.98, 2)
    locked = AddItem(product_id="prod_1", quantity=1)
    assert told(add_item.sync_detailed("user123", client=customer, body=locked), 423).locked_until
    told(cancel_checkout.sync_detailed("user123", first.checkout_id, client=customer))

    checkout = told(check_out.sync_detailed("user123", client=customer)).checkout_id
    order = CompleteCheckout(order_id="order-8841")
    done = complete_checkout.sync_detailed("user123", checkout, client=customer, body=order)
    assert told(done, 403).code == ProblemCode.FORBIDDEN
    done = told(complete_checkout.sync_detailed("user123", checkout, client=staff, body=order))
    assert (done.state, done.order_id) == (CheckoutState.COMPLETED, "order-8841")
    assert told(get_checkout.sync_detailed("user123", checkout, client=customer)).total == 75.98
    assert told(get_cart.sync_detailed("user123", client=customer)).item_count == 0


def remember():
    """Every step is in the history, and the cart as it was can be read."""
    expected = [
        "item_added", "item_updated", "item_removed", "expiry_extended", "item_added", "cart_cleared",
        "cart_merged_in", "checkout_started", "checkout_ready", "checkout_cancelled", "checkout_started",
        "checkout_ready", "cart_converted",
    ]
    assert kinds("user123", customer) == expected, kinds("user123", customer)
    past = told(get_cart.sync_detailed("user123", client=customer, as_of=2))
    assert (past.version, past.item_count) == (2, 3)


look_around()
stock_up()
visitor = visit_as_guest()
shop_as_customer()
take_over(visitor)
pay()
remember()
print("the shop's business was done by a client generated from its description")
