"""Sends a batch."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = receive()
raw(frame(b"[" + greeting(start)[4:] + b"]"))
forever()
