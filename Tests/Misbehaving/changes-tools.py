"""Offers something else whenever its tool `next` is called: its settings list what, one offer after the other. The last
number of offers that one call may send at once is `burst`, by which it floods."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = receive()
settings = start["params"]["settings"]
offers, place = settings["offers"], settings.get("first", 0)
control = settings.get("control", "next")


def offer(number):
    return [tool(control, idempotent=True)] + [{**tool(each["name"]), **each} for each in offers[number]]


raw(greeting(start, tools=lambda kind: offer(place), concurrency=settings.get("concurrency", 8)))
held = []


def invoke(call):
    global place
    if call["params"]["tool"] == control:
        for _ in range(settings.get("burst", 1)):
            place = (place + 1) % len(offers)
            send(method="tools/changed", params={"tools": offer(place)})
        answer(call, place)
        for each in held:
            answer(each, "held")
        held.clear()
    elif call["params"]["input"].get("hold"):
        os.write(2, b"held\n")
        held.append(call)
    else:
        os.write(2, ("ran %s\n" % call["params"]["tool"]).encode())
        answer(call, call["params"]["input"])


serve(invoke)
