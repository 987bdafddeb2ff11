"""Makes a call in an invocation that does not run."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()

def invoke(call):
    send(id=1, method="tool/call", params={"invocation": 999, "tool": "behaves", "input": {}})
    answer(call, outcome(reply_to(1)))

serve(invoke)
