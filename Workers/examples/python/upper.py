#!/usr/bin/env python3
import json, os, struct, sys

def upper(input):
    return {"text": input["text"].upper()}

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = {"upper": (upper, {"name": "upper", "description": "Writes a text in capitals.",
                           "input_schema": TEXT, "output_schema": TEXT, "idempotent": True})}
frames_in, frames_out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # from here on print() goes to standard error, never between frames

def send(id, **reply):
    payload = json.dumps({"jsonrpc": "2.0", "id": id, **reply}).encode()
    frames_out.write(struct.pack(">I", len(payload)) + payload)
    frames_out.flush()

def serve(method, params):
    if method == "initialize":
        return {"protocol": "1.0", "worker": {"name": "upper", "version": "1.0"}, "tools": [t for _, t in TOOLS.values()]}
    if method == "tool/invoke":
        return {"output": TOOLS[params["tool"]][0](params["input"])}
    return {} if method in ("ping", "drain") else None

while head := frames_in.read(4):
    message = json.loads(frames_in.read(struct.unpack(">I", head)[0]))
    if message.get("method") == "shutdown":
        break
    if "method" in message and "id" in message:  # a request; cancel needs no answer of its own
        try:
            result = serve(message["method"], message.get("params", {}))
            error = {"code": -32601, "message": "unknown request"}
        except Exception as failure:
            result, error = None, {"code": 4010, "message": str(failure)}
        send(message["id"], **({"error": error} if result is None else {"result": result}))
