"""Answers every call but those that say so, and ignores `cancel`; answers "slow" ones when told by another call."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(concurrency=4)
slow = []

def invoke(call):
    kind = call["params"]["input"].get("do")
    if kind == "hang":
        return
    if kind == "slow":
        slow.append(call)
        return
    answer(call, {})
    while slow:
        answer(slow.pop(), {"slow": True})

serve(invoke)
