"""Receives Cartstream's webhooks, signed as Standard Webhooks are, and writes the mail it would send.

    CARTSTREAM_WEBHOOK_SECRET=whsec_... python3 receive.py --port 8090

The same thing may be told several times, under one id: what was done of it is remembered (here in memory; in
earnest in the table the mails are queued in, in the same transaction).
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How far the sender's clock may be from ours, in seconds, as Standard Webhooks advise.
TOLERANCE = 5 * 60
# The longest body: 900 items with the longest names.
BODY_MAX = 4 * 1024 * 1024


class Forged(Exception):
    """It was not signed with our secret, or not just now."""


def verify(secret, headers, body):
    """The delivery's id, if it was signed with this secret."""
    delivery, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > TOLERANCE:
        raise Forged("webhook-timestamp")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{delivery}.{sent}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(ours, theirs) for theirs in headers.get("webhook-signature", "").split()):
        raise Forged("webhook-signature")
    return delivery


def mail(told):
    """The mail that something is worth; None if there is nothing to write."""
    data = told["data"]
    if told["type"] not in ("cart.abandoned", "cart.expired"):
        return None
    lines = [f"To: {data['userID']}", "Subject: You left something behind", ""]
    lines += [f"  {item['quantity']} x {item['name']}" for item in data["items"]]
    lines += [f"  together {data['value']} {data['currency']}", ""]
    if "recoveryURL" in data:
        lines.append(f"Your cart: {data['recoveryURL']}")
    if "discountCode" in data:
        lines.append(f"With {data['discountCode']} it costs less.")
    return "\n".join(lines)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what it has kept, and 401 to what is not from our shop."""

    protocol_version = "HTTP/1.1"
    secret = ""
    done = {}

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_MAX:
            return self.answer(413)
        body = self.rfile.read(length)
        try:
            delivery = verify(self.secret, self.headers, body)
        except Forged:
            return self.answer(401)
        return self.answer(self.take(delivery, body))

    def take(self, delivery, body):
        """Does what something is for, once; the status to answer."""
        if delivery not in self.done:
            told = json.loads(body)
            written = mail(told)
            print(written or f"{told['type']} of {told['data']['userID']}", flush=True)
            self.done[delivery] = told["type"]
        return 204

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="Receives what becomes of Cartstream's carts.")
    parser.add_argument("--port", type=int, default=8090)
    Receiver.secret = os.environ["CARTSTREAM_WEBHOOK_SECRET"]
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Receiver).serve_forever()


if __name__ == "__main__":
    main()
