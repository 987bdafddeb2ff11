"""Answers a request that nobody sent, during a call."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
receive()
send(id=4711, result={})
forever()
