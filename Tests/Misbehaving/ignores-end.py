"""Ignores `drain`, `shutdown` and SIGTERM."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
hello()
serve(lambda call: answer(call, {}), ignoring=("drain", "shutdown"))
