#!/usr/bin/env python3
"""A worker written from protocol/README.md alone: one tool, echo, over standard input and output."""
import json, os, struct, sys

ECHO = {"name": "echo", "description": "Returns its input.", "idempotent": True,
        "input_schema": {"type": "object"}, "output_schema": {"type": "object"}}
source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # a stray print now goes to standard error and cannot break a frame

def receive():
    head = source.read(4)
    if len(head) < 4:
        return None
    return json.loads(source.read(struct.unpack(">I", head)[0]))

def send(message):
    payload = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sink.write(struct.pack(">I", len(payload)) + payload)
    sink.flush()

def answer(method, params):
    if method == "initialize":
        return {"protocol": "1.0", "worker": {"name": "stranger", "version": "1.0"}, "tools": [ECHO]}
    if method == "tool/invoke":
        return {"output": params["input"]}
    if method in ("ping", "drain"):
        return {}

while (message := receive()) is not None and message.get("method") != "shutdown":
    if "method" in message and "id" in message:
        result = answer(message["method"], message.get("params", {}))
        if result is None:
            send({"id": message["id"], "error": {"code": -32601, "message": "no method " + message["method"]}})
        else:
            send({"id": message["id"], "result": result})
    elif message.get("method") not in (None, "cancel", "progress"):
        sys.exit("unknown notification " + message["method"])
