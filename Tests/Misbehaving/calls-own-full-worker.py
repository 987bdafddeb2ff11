"""Takes one call at a time, and calls itself in it."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
serve(lambda call: answer(call, outcome(call_tool(call, call["params"]["tool"], {}))))
