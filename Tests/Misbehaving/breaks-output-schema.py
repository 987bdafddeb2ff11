"""Answers what its own schema forbids."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool(kind, output_schema={"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}})])
serve(lambda call: answer(call, {"n": "one"}))
