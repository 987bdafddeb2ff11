"""Offers a tool with a schema that is none."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind, output_schema={"type": "objekt"})])
forever()
