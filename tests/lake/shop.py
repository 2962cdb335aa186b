"""Fills a shop with a few dozen carts of three tenants, with everything in them that is counted: lines that
come and go, merges, checkouts that are paid or given up, carts that are left, come back to and expire.

Waits for what comes by itself (tests/lake/policies.json has it come within seconds), never for a time.
"""

import json
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tokens import token

PATIENCE = 90
SHOPS = {None: "USD", "acme": "JPY", "brief": "EUR"}
PRODUCTS = {
    "tea": {"USD": 29.99, "EUR": 27.90, "JPY": 3000},
    "mug": {"USD": 7.05, "EUR": 6.10, "JPY": 700},
    "pot": {"USD": 120.00, "EUR": 99.99, "JPY": 12500},
}
CARTS = 24


class Shop:
    """One tenant's, as its staff calls it."""

    def __init__(self, url, secret, tenant):
        self.url = url
        self.currency = SHOPS[tenant]
        self.token = token(secret, "staff", "cart:admin", tenant)

    def ask(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(asked) as answer:
            return json.loads(answer.read() or b"null")

    def sells(self):
        for product, prices in PRODUCTS.items():
            others = {code: price for code, price in prices.items() if code != self.currency}
            price = prices[self.currency]
            body = {"name": product, "price": price, "currency": self.currency, "prices": others, "stock": 10_000}
            self.ask("PUT", f"/api/products/{product}", body)

    def add(self, user, product, quantity=1):
        body = {"productID": product, "quantity": quantity}
        return self.ask("POST", f"/api/cart/{user}/items", body)

    def pay(self, user):
        checkout = self.ask("POST", f"/api/cart/{user}/checkout")["checkoutID"]
        order = {"orderID": f"order-{user}"}
        self.ask("POST", f"/api/cart/{user}/checkout/{checkout}/complete", order)

    def told(self, user, kind, count=1):
        """Waits until the cart was told so often that this happened to it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            events = self.ask("GET", f"/api/cart/{user}/events")["events"]
            if sum(event["type"] == kind for event in events) >= count:
                return
            time.sleep(0.1)
        raise SystemExit(f"{user} was not told {count} times: {kind}")


def visit(shop, number):
    """What one customer does."""
    user = f"user{number}"
    products = list(PRODUCTS)
    shop.add(user, products[number % 3], 1 + number % 4)
    added = shop.add(user, products[(number + 1) % 3])
    if number % 2:
        shop.ask("DELETE", f"/api/cart/{user}/items/{added['items'][0]['itemID']}")
    way = number % 8
    if way in (0, 1):
        shop.pay(user)
        if way == 1:
            shop.add(user, "mug", 2)
    elif way == 2:
        shop.told(user, "cart_abandoned")
        shop.add(user, "pot")
        shop.pay(user)
    elif way == 3:
        shop.told(user, "cart_abandoned")
        shop.pay(user)
        shop.add(user, "tea")
    elif way == 4:
        shop.ask("POST", f"/api/cart/{user}/clear")
        shop.add(user, "tea", 3)
    elif way == 5:
        checkout = shop.ask("POST", f"/api/cart/{user}/checkout")["checkoutID"]
        shop.ask("DELETE", f"/api/cart/{user}/checkout/{checkout}")
    elif way == 6:
        other = "USD" if shop.currency != "USD" else "EUR"
        shop.ask("POST", f"/api/cart/{user}/currency", {"currency": other})
    else:
        shop.ask("POST", f"/api/cart/{user}-merged/merge", {"fromUserID": user})


def fill(url, secret):
    with ThreadPoolExecutor(16) as pool:
        visits = []
        for tenant in SHOPS:
            shop = Shop(url, secret, tenant)
            shop.sells()
            visits += [pool.submit(visit, shop, number) for number in range(CARTS)]
        for done in visits:
            done.result()
        default, brief = Shop(url, secret, None), Shop(url, secret, "brief")
        for number in (4, 12, 20):
            default.told(f"user{number}", "cart_abandoned", 3)
            brief.told(f"user{number}", "cart_expired")
    print(f"{len(visits)} customers came to {len(SHOPS)} shops")


if __name__ == "__main__":
    fill(*sys.argv[1:])
