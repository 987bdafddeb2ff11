"""Answers a call when the file that its input names exists."""
import os, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(concurrency=8)
threads = []

def wait(call):
    while not os.path.exists(call["params"]["input"]["file"]):
        time.sleep(0.005)
    answer(call, {"pid": os.getpid()})

def invoke(call):
    os.write(2, b"started\n")
    threads.append(threading.Thread(target=wait, args=(call,), daemon=True))
    threads[-1].start()

serve(invoke, finish=lambda: [thread.join() for thread in threads])
