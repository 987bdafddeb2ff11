"""Announces a frame one byte above the limit."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

receive()
raw(struct.pack(">I", (16 << 20) + 1))
forever()
