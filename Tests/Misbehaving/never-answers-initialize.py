"""Reads everything and answers nothing."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

while True:
    receive()
