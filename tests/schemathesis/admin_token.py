"""Prints the token of one who may act for every cart, signed with the secret that is given."""

import base64
import hashlib
import hmac
import json
import sys
import time


def part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


claims = {"sub": "schemathesis", "scope": "cart:admin", "exp": int(time.time()) + 86_400}
head = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
signature = hmac.new(sys.argv[1].encode(), head, hashlib.sha256).digest()
print((head + b"." + part(signature)).decode())
