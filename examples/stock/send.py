"""Sends a change of stock to Cartstream's webhook, signed as Standard Webhooks are.

    CARTSTREAM_STOCK_WEBHOOK_SECRET=whsec_... python3 send.py prod_456 --variant large-red --delta=-3
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
import uuid

# A delivery that was not answered is sent again under its id, less often each time.
PAUSES = [0.5, 1, 2, 5, 10, 30]


def arguments():
    parser = argparse.ArgumentParser(description="Sends a change of stock to Cartstream.")
    parser.add_argument("product")
    parser.add_argument("--variant", default="")
    change = parser.add_mutually_exclusive_group(required=True)
    change.add_argument("--delta", type=int, help="so many more; fewer if negative")
    change.add_argument("--stock", type=int, help="so many")
    parser.add_argument("--url", default="http://127.0.0.1:8080/hooks/stock", help="with ?tenant= for that shop")
    parser.add_argument("--id", default=f"msg_{uuid.uuid4().hex}", help="the delivery's webhook-id")
    return parser.parse_args()


def sign(secret, delivery, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def deliver(url, secret, delivery, body):
    """Status and text of the answer."""
    timestamp = int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": delivery,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, delivery, timestamp, body),
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 503, str(error)


def main():
    args = arguments()
    secret = os.environ["CARTSTREAM_STOCK_WEBHOOK_SECRET"]
    change = {"productID": args.product, "variant": args.variant}
    change |= {"delta": args.delta} if args.stock is None else {"stock": args.stock}
    body = json.dumps({"changes": [change]}).encode()
    for pause in [*PAUSES, None]:
        status, text = deliver(args.url, secret, args.id, body)
        if status < 500 or pause is None:
            break
        time.sleep(pause)
    print(status, text)
    raise SystemExit(0 if status == 200 else 1)


if __name__ == "__main__":
    main()
