"""Calls itself, as deep as it may."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(concurrency=64)
waiting = {}
count = 0

while True:
    got = receive()
    if got.get("method") == "tool/invoke":
        count += 1
        waiting[count] = got
        send(id=count, method="tool/call", params={"invocation": got["id"], "tool": got["params"]["tool"], "input": {}})
    elif got.get("method") == "shutdown":
        break
    elif got.get("method") in ("ping", "drain"):
        send(id=got["id"], result={})
    elif "method" not in got:
        call = waiting.pop(got["id"])
        inner = outcome(got)
        answer(call, {"deep": inner.get("deep", 0) + 1, "error": inner["error"], "message": inner["message"]})
