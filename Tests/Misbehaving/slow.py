"""Behaves, and answers a call only when it is cancelled."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(concurrency=8)
calls = {}

while True:
    got = receive()
    if got.get("method") == "tool/invoke":
        calls[got["id"]] = got
        os.write(2, b"started\n")
    elif got.get("method") == "cancel":
        call = calls.pop(got["params"]["id"])
        os.write(2, b"cancelled: %s\n" % got["params"].get("reason", "caller").encode())
        send(id=call["id"], error={"code": 4001, "message": "stopped"})
    elif got.get("method") == "shutdown":
        break
    elif got.get("method") in ("ping", "drain"):
        send(id=got["id"], result={})
