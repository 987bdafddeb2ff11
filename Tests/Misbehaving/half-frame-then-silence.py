"""Stops in the middle of a frame."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = receive()
raw(greeting(start)[:20])
forever()
