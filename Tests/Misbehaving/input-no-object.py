"""Offers a tool whose input is no object."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [{**tool(kind), "input_schema": {"type": "string"}}])
forever()
