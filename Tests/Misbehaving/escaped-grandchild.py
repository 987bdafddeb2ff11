"""Leaves a grandchild behind that holds its pipes and has left its session."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *


def escape(call):
    ready, told = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(told, str(os.getpid()).encode())
            forever()
        os._exit(0)
    answer(call, {"pid": int(os.read(ready, 20))})
    os.write(2, b"last words")
    sys.exit(4)


hello()
# Only in a call: the next process, which is asked to drain, leaves nobody behind.
serve(escape)
