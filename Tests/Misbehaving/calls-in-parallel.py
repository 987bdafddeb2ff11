"""Takes one call at a time; makes two in it at once, one of them to itself."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()

def invoke(call):
    for id, name in ((1, "behaves"), (2, call["params"]["tool"])):
        send(id=id, method="tool/call", params={"invocation": call["id"], "tool": name, "input": {}})
    replies = {}
    while len(replies) < 2:
        got = receive()
        if "method" not in got:
            replies[got["id"]] = outcome(got)
    answer(call, {"other": replies[1], "own": replies[2]})

serve(invoke)
