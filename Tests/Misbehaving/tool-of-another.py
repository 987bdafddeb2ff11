"""Offers a tool that another worker offers already."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool("behaves")])
forever()
