"""Closes its output in a call and lives on."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
receive()
os.close(1)
forever()
