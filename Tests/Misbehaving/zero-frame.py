"""Sends a frame of no bytes."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

receive()
raw(struct.pack(">I", 0))
forever()
