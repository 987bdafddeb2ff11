"""Offers a tool that its manifest does not list."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind), tool("extra")])
forever()
