"""Floods standard output with text that is no frame."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

while True:
    raw(b"Listening on port 8080 ...\n" * 1000)
