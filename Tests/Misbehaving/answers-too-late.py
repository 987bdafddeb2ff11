"""Answers long after the grace, while a neighbour call still runs."""
import os, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(concurrency=2)
late, other = receive(), receive()
while receive().get("method") != "cancel":
    pass
time.sleep(0.5)
answer(late, {})
answer(other, {"neighbour": True})
forever()
