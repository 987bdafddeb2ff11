"""Ends in the middle of an answer."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
call = receive()
raw(message(id=call["id"], result={"output": {}})[:20])
sys.exit(0)
