"""Kills itself during a call."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

import signal

hello()
receive()
os.write(2, b"about to die")
os.kill(os.getpid(), signal.SIGKILL)
