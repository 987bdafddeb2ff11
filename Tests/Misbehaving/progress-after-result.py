"""Reports progress of a call that it has answered."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
call = receive()
answer(call, {})
send(method="progress", params={"id": call["id"], "kind": "status", "text": "still here"})
forever()
