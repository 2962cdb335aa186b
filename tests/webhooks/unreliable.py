"""A shop whose carts are left, paid and won back, told to a receiver that fails and goes away; see `run`."""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer

import receive

PORT, RECEIVER = 18097, 18096
URL = f"http://127.0.0.1:{PORT}"
FAILS = 0.3
# Users of each kind, by what becomes of their carts.
KINDS = ("left", "silent", "paid", "paid_while_away", "back")
# How long anything may take on a busy machine.
IN_TIME = 90


class Unreliable(receive.Receiver):
    """Fails three times in ten: says so, or hangs up without a word, before or after it has kept something."""

    told = []
    failed = 0
    chance = random.Random(1)
    lock = threading.Lock()

    def take(self, delivery, body):
        with self.lock:
            fails = self.chance.random() < FAILS
            how = self.chance.choice(["says", "hangs up", "keeps it and hangs up"])
            Unreliable.failed += fails
            if not fails or how == "keeps it and hangs up":
                self.told.append((delivery, int(self.headers["webhook-timestamp"]), body))
        if fails and how == "says":
            return 500
        if fails:
            self.close_connection = True
            self.connection.shutdown(2)
            raise ConnectionAbortedError
        return 204


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


def serve():
    server = Server(("127.0.0.1", RECEIVER), Unreliable)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start(folder, policies="tests/webhooks/policies.json"):
    settings = {
        "CARTSTREAM_RECOVERY_SECRET": "the recovery secret of this test, of no use elsewhere",
        "CARTSTREAM_RECOVERY_URL": "https://shop.example/back",
    }
    command = ["target/debug/cartstream", "--log", "warn", "--http", f"127.0.0.1:{PORT}", "--data", folder,
               "--webhooks-allow-private", "--policies", policies]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL)
    until("the shop is ready", lambda: status("GET", "/readyz") == 200)
    return process


def ask(method, path, body=None):
    """The answer, asked for again while the shop is away: under one key, so that it happens once."""
    headers = {"content-type": "application/json", "idempotency-key": f"{random.getrandbits(64):x}"}
    data = None if body is None else json.dumps(body).encode()
    end = time.monotonic() + IN_TIME
    while True:
        request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                if answer.status != 202 or method == "POST" and path.startswith("/api/webhooks"):
                    return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code not in (423, 429, 503) or time.monotonic() > end:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()[:200]}") from error
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def status(method, path, data=None):
    request = urllib.request.Request(URL + path, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def until(what, holds, within=IN_TIME):
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"it never came about that {what}"
        time.sleep(0.05)


def fill(user, product="lamp", variant=""):
    ask("POST", f"/api/cart/{user}/items", {"productID": product, "quantity": 2, "variant": variant})
    if not user.startswith("silent"):
        ask("PUT", f"/api/cart/{user}/preferences", {"recoveryConsent": True})


def pay(user):
    """Pays; when that was acknowledged, in seconds."""
    checkout = ask("POST", f"/api/cart/{user}/checkout", {})["checkoutID"]
    path = f"/api/cart/{user}/checkout/{checkout}"
    until("everything is reserved", lambda: ask("GET", path)["state"] == "ready")
    ask("POST", f"{path}/complete", {"orderID": f"order-{user}"})
    return user, time.time()


def come_back(user):
    ask("POST", f"/api/cart/{user}/items", {"productID": "lamp", "quantity": 1})


def history(user):
    events, after = [], 0
    while after is not None:
        page = ask("GET", f"/api/cart/{user}/events?after={after}")
        events += page["events"]
        after = page["next"] if page["next"] != after else None
    return events


def due(user):
    """The ids of what must be told of a cart, by its own history."""
    events = history(user)
    ids = {e["eventID"] for e in events if e["type"] in ("cart_recovered", "cart_converted")}
    left = [e["eventID"] for e in events if e["type"] == "cart_abandoned"]
    moves = [e["type"] for e in events if e["type"] in ("cart_abandoned", "cart_recovered", "cart_converted")]
    if left and moves[-1] == "cart_abandoned" and not user.startswith("silent"):
        ids.add(left[-1])
    return ids


def check(users, paid):
    told = list(Unreliable.told)
    bodies = {}
    for delivery, sent, body in told:
        assert bodies.setdefault(delivery, body) == body, f"{delivery} was told in two ways"
        notice = json.loads(body)
        user = notice["data"]["userID"]
        assert notice["id"] == delivery
        if notice["type"] == "cart.abandoned":
            assert not user.startswith("silent"), f"{user} did not agree"
            assert user not in paid or sent <= paid[user], f"{user} was reminded after they had paid"
            assert notice["data"]["recoveryURL"].startswith("https://shop.example/back?recovery=")
    return told, bodies


def recover(bodies):
    """A link leads back to its cart."""
    notice = next(n for n in map(json.loads, bodies.values())
                  if n["type"] == "cart.abandoned" and n["data"]["userID"].startswith("left"))
    token = notice["data"]["recoveryURL"].split("recovery=")[1]
    cart = ask("POST", "/api/recovery", {"token": token})
    assert cart["userID"] == notice["data"]["userID"] and len(cart["items"]) == 1, cart


def expiring():
    """A link brings back what an expiry has taken out, and leads nowhere else."""
    folder = tempfile.mkdtemp()
    policies = f"{folder}/policies.json"
    with open(policies, "w") as file:
        json.dump({"default": {"ttl": "2s", "warning": "0s", "idleTiers": []}}, file)
    Unreliable.told.clear()
    shop = start(f"{folder}/data", policies)
    try:
        wish = {"url": f"http://127.0.0.1:{RECEIVER}/", "events": ["cart.expired"]}
        Unreliable.secret = ask("POST", "/api/webhooks", wish)["secret"]
        fill("gone-1", "prod_1", "large-red")
        until("an expiry is told", lambda: Unreliable.told)
        notice = json.loads(Unreliable.told[0][2])
        token = notice["data"]["recoveryURL"].split("recovery=")[1]
        cart = ask("POST", "/api/recovery", {"token": token})
        assert cart["state"] == "active" and [item["quantity"] for item in cart["items"]] == [2], cart
        said, code = token.split(".")
        forged = json.dumps({"token": f"{said}.{code[::-1]}"}).encode()
        assert status("POST", "/api/recovery", forged) == 404
    finally:
        shop.kill()
        shop.wait()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--carts", type=int, default=60)
    parser.add_argument("--away", type=float, default=6)
    args = parser.parse_args()
    users = [f"{KINDS[number % len(KINDS)]}-{number}" for number in range(args.carts)]
    of = {kind: [user for user in users if user.rsplit("-", 1)[0] == kind] for kind in KINDS}
    folder = tempfile.mkdtemp()
    shop, receiver = start(folder), serve()
    try:
        ask("PUT", "/api/products/lamp", {"name": "Lamp", "price": 39.90, "currency": "EUR", "stock": 1_000_000})
        webhook = ask("POST", "/api/webhooks", {"url": f"http://127.0.0.1:{RECEIVER}/", "discountCode": "TEN"})
        Unreliable.secret = webhook["secret"]
        paid = {}
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(fill, users))
            until("somebody is reminded", lambda: Unreliable.told)
            receiver.shutdown()
            receiver.server_close()
            went = time.monotonic()
            paid |= dict(pool.map(pay, of["paid_while_away"]))
            list(pool.map(come_back, of["back"]))
            shop.send_signal(signal.SIGKILL)
            shop.wait()
            shop = start(folder)
            time.sleep(max(0, went + args.away - time.monotonic()))
            receiver = serve()
            paid |= dict(pool.map(pay, of["paid"]))
            wanted = {}
            def all_told():
                nonlocal wanted
                wanted = dict(zip(users, pool.map(due, users)))
                known = {delivery for delivery, *_ in list(Unreliable.told)}
                return all(wanted[user] for user in of["left"]) and not set().union(*wanted.values()) - known
            try:
                until("everything due is told", all_told, IN_TIME + args.away)
            except AssertionError:
                known = {delivery for delivery, *_ in Unreliable.told}
                lacking = {user: wanted[user] - known for user in users if wanted[user] - known}
                with urllib.request.urlopen(URL + "/metrics") as metrics:
                    told = [line for line in metrics.read().decode().splitlines() if "webhooks" in line]
                print(f"not told: {lacking}", *told, sep="\n")
                raise
        told, bodies = check(users, paid)
        recover(bodies)
        listed = ask("GET", "/api/webhooks")["webhooks"]
        assert [(one["state"], one["untaken"]) for one in listed] == [("active", 0)], listed
        due_ids = set().union(*wanted.values())
        print(f"webhooks: {len(users)} carts, {len(due_ids)} things due, {len(bodies)} told in {len(told)} "
              f"deliveries, {Unreliable.failed} of which failed; away for {args.away:g} s, the shop killed once; "
              f"{len(paid)} paid, none reminded after")
    finally:
        shop.kill()
        shop.wait()
        shutil.rmtree(folder)
    expiring()


if __name__ == "__main__":
    main()
