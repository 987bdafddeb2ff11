"""Speaks another major version."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(protocol="2.0")
forever()
