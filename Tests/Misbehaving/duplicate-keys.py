"""Sends a payload with one key twice."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

receive()
raw(frame(b'{"jsonrpc":"2.0","id":1,"id":1,"result":{}}'))
forever()
