"""A tool that acts are sent to: takes Segment's batches, one in fifty not at once, and writes down the ids it took.

    python tests/lake/tool.py PORT FILE
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock

CHANCE, ONE_AT_A_TIME = Random(7), Lock()


class Tool(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with ONE_AT_A_TIME:
            status = 503 if CHANCE.random() < 0.02 else 200
            known = self.path == "/v1/batch" and self.headers["authorization"] == "Basic a2V5Og=="
            status = status if known else 403
            if status == 200:
                TAKEN.writelines(one["messageId"] + "\n" for one in json.loads(body)["batch"])
                TAKEN.flush()
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with open(sys.argv[2], "a", encoding="utf-8") as TAKEN:
        ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Tool).serve_forever()
