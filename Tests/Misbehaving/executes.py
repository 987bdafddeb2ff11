"""Replaces itself by the program that a call names, and knows no second wall."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *


def execute(call):
    command = call["params"]["input"]["command"]
    try:
        os.execv(command[0], command)
    except OSError as error:
        answer(call, {"errno": error.errno})


hello()
serve(execute)
