"""Offers one tool more than the limit."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind)] + [tool("t%d" % i) for i in range(256)])
forever()
