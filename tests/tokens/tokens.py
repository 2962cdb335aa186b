"""Makes tokens as an identity provider would: HS256, of a user, with scopes if there are any. As a
program it prints the token of one who may act for every cart."""

import base64
import hashlib
import hmac
import json
import sys
import time


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(secret: str, user: str, scope: str = "", tenant: str | None = None) -> str:
    """A token of `user`, perhaps of a tenant's, that holds for a day."""
    claims = {"sub": user, "scope": scope, "exp": int(time.time()) + 86_400}
    if tenant is not None:
        claims["tenant"] = tenant
    signed = _part(b'{"alg":"HS256","typ":"JWT"}') + b"." + _part(json.dumps(claims).encode())
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _part(signature)).decode()


if __name__ == "__main__":
    print(token(sys.argv[1], "staff", "cart:admin"))
