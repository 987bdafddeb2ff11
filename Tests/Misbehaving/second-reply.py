"""Answers a call twice."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
call = receive()
answer(call, {})
answer(call, {})
forever()
