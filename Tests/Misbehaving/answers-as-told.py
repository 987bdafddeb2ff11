"""Answers as told: its settings name its tools, and what each gives or throws; what it was asked goes to its log."""
import json, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = receive()
told = start["params"]["settings"]["tools"]
raw(greeting(start, tools=lambda kind: [tool(name, idempotent=True) for name in told]))


def invoke(call):
    name, input = call["params"]["tool"], call["params"]["input"]
    says = dict(told[name])
    if "error" in says:
        code, message, data = says["error"]
        return send(id=call["id"], error={"code": code, "message": message, "data": data})
    # What was asked comes back, so that a test sees it.
    says["model"] = json.dumps(input)
    answer(call, says)


serve(invoke)
