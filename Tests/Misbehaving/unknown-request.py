"""Sends an unknown request, and answers with what it got for it."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()

def invoke(call):
    send(id=7, method="tool/cal", params={})
    answer(call, outcome(reply_to(7)))

serve(invoke)
