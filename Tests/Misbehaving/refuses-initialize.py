"""Answers `initialize` with an error."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = receive()
send(id=start["id"], error={"code": 4010, "message": "no key"})
forever()
