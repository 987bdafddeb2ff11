"""Behaves: says in its receipts what its input says that it used, of a language model and of a processor."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool("think", idempotent=True), tool("embed", pure=True, cache_ttl_ms=600000), tool("embed_all", pure=True)])


def invoke(call):
    input = call["params"]["input"]
    uses = input.get("uses")
    receipt = {"wall_ms": 1, "models" if isinstance(uses, list) else "model": uses} if uses else {"wall_ms": 1}
    if "cpu_ms" in input:
        receipt["cpu_ms"] = input["cpu_ms"]
    os.write(2, ("%s %d\n" % (call["params"]["tool"], call["params"]["attempt"])).encode())
    for number, each in enumerate(input.get("calls", [])):
        call_tool(call, each["tool"], each["input"], id=number + 1)
    if call["params"]["attempt"] < input.get("fails_before", 0):
        send(id=call["id"], error={"code": 4010, "message": "no answer", "data": {"name": "tool_failed", "receipt": receipt}})
    elif "failure" in input:
        send(id=call["id"], result={"output": 1, "receipt": receipt, "failure": input["failure"]})
    else:
        send(id=call["id"], result={"output": 1, "receipt": receipt})


serve(invoke)
