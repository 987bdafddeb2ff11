"""Floods valid progress while its call runs, and never reads again."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
call = receive()
while True:
    raw(message(method="progress", params={"id": call["id"], "kind": "stdout", "text": "x" * 1000}) * 100)
