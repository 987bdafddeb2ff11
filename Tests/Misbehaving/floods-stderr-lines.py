"""Floods standard error with empty lines, and serves."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
if os.fork() == 0:
    os.close(0), os.close(1)
    while True:
        os.write(2, b"\n" * 65536)
serve(lambda call: answer(call, {}))
