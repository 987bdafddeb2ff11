"""The neighbour: behaves, and returns its input."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello()
serve(lambda call: answer(call, call["params"]["input"]))
