"""Answers a call when the file that its input names exists."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

import time

hello(concurrency=8)

def invoke(call):
    os.write(2, b"started\n")
    if os.fork() == 0:
        while not os.path.exists(call["params"]["input"]["file"]):
            time.sleep(0.005)
        answer(call, {"pid": os.getppid()})
        os._exit(0)

serve(invoke)
