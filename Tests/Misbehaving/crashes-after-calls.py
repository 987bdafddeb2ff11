"""Crashes after three calls."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
for _ in range(3):
    call = receive()
    answer(call, {"pid": os.getpid()})
os.abort()
