"""Behaves: makes the calls that its input names, one after the other, and dies behind one of them in its first attempt."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind, idempotent=True)])


def invoke(call):
    input, outcomes = call["params"]["input"], []
    for number, each in enumerate(input["calls"]):
        outcomes.append(outcome(call_tool(call, each["tool"], each["input"], id=number + 1)))
        if call["params"]["attempt"] == 1 and input.get("die_after") == number:
            os._exit(3)
    answer(call, outcomes)


serve(invoke)
