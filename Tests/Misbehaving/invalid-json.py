"""Sends a payload that is no JSON."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

receive()
raw(frame(b"{'id': 1}"))
forever()
