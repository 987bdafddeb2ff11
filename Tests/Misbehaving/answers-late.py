"""Answers after the deadline, but within the grace."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()

def invoke(call):
    while receive().get("method") != "cancel":
        pass
    answer(call, {"late": True})

serve(invoke)
