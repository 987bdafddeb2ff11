"""Ends with code 0 before it has read anything."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

sys.exit(0)
