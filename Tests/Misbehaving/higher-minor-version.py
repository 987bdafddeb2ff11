"""Answers with a minor version above the one that was offered."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(protocol="1.7")
forever()
