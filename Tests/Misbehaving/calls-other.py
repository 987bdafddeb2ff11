"""Takes one call at a time, and calls the tool that its input names, with what that is to call in turn."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()

def invoke(call):
    path = call["params"]["input"].get("path", [])
    answer(call, outcome(call_tool(call, path[0], {"path": path[1:]})) if path else {"end": True})

serve(invoke)
