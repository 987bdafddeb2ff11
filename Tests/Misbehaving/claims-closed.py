"""Answers with the error that only the coordinator itself may conclude."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
serve(lambda call: send(id=call["id"], error={"code": 4017, "message": "lost", "data": {"name": "connection_closed"}}))
