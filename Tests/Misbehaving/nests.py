"""Behaves: makes the calls that its input names, one after the other, and dies behind one of them in its first attempt.
With `tells` each outcome says what remains of the invocation's time, as far as it is told."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind, idempotent=True)])


def invoke(call):
    input, outcomes = call["params"]["input"], []
    for number, each in enumerate(input["calls"]):
        reply = call_tool(call, each["tool"], each["input"], id=number + 1)
        short = outcome(reply)
        if input.get("tells"):
            told = reply["error"]["data"] if "error" in reply else reply["result"]
            short = {"error": short["error"]} if "error" in reply else {"output": short}
            short["remaining_ms"] = told.get("remaining_ms")
        outcomes.append(short)
        if call["params"]["attempt"] == 1 and input.get("die_after") == number:
            os._exit(3)
    answer(call, outcomes)


serve(invoke)
