"""Answers `initialize` and nothing after that."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
forever()
