"""Leaves a child behind that holds its pipes."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
call = receive()
if os.fork() == 0:
    forever()
answer(call, {"pid": os.getpid()})
sys.exit(4)
