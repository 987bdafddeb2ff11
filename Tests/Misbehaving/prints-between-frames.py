"""Prints to standard output through the C library."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

import ctypes

hello()
receive()
library = ctypes.CDLL(None)
library.printf(b"debug: got a call\n")
library.fflush(None)
forever()
