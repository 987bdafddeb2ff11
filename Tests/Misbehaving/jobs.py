"""Behaves: tools for jobs. Says on standard error what it is asked, and looks whether the journal knew of it before."""
import os, sqlite3, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

FLAGS = {"echo": {"idempotent": True}, "pure": {"pure": True, "cache_ttl_ms": 600000}, "hold": {"idempotent": True}, "big": {"idempotent": True}}
NAMES = ["echo", "pure", "act", "hold", "release", "big", "fail", "die"]
start = receive()
settings = start["params"].get("settings", {})
names = settings.get("tools", NAMES)
schema = settings.get("schema", OBJECT)
more = {"needs": settings["needs"]} if "needs" in settings else {}
raw(greeting(start, tools=lambda kind: [{**tool(name, **FLAGS.get(name, {})), "input_schema": schema, **more} for name in names],
             concurrency=settings.get("concurrency", 8)))
held = {}


def is_known(call):
    """Whether the intent is on disk: a row with the key of the attempt or of the nested call, or a call's job."""
    journal = sqlite3.connect("file:%s?mode=ro" % settings["journal"], uri=True)
    key, job = call["idempotency_key"], call["job"]
    rows = journal.execute(
        "SELECT (SELECT count(*) FROM steps WHERE key = ?1 AND state = 'running' AND attempt = ?3)"
        " + (SELECT count(*) FROM calls WHERE key = ?1 AND state = 'running')"
        " + (SELECT count(*) FROM jobs WHERE id = ?2 AND kind = 'call' AND state = 'running' AND ?1 = ?2 || '/call/' || (SELECT max(n) FROM runs))",
        (key, job, call["attempt"])).fetchone()[0]
    journal.close()
    return rows == 1


while True:
    got = receive()
    method = got.get("method")
    if method == "tool/invoke":
        call = got["params"]
        known = "" if "journal" not in settings else " known" if is_known(call) else " unknown"
        os.write(2, ("%s %s %s %d%s\n" % (call["tool"], call["job"], call["step"], call["attempt"], known)).encode())
        name, input = call["tool"], call["input"]
        if settings.get("shows_needs"):
            answer(got, call.get("needs"))
        elif name == "hold":
            held[got["id"]] = got
        elif name == "release":
            for each in held.values():
                answer(each, {"released": True})
            answer(got, len(held))
            held = {}
        elif name == "big":
            answer(got, "x" * input["bytes"])
        elif name == "fail" and not input.get("until", 1 << 30) <= call["attempt"]:
            send(id=got["id"], error={"code": 4010, "message": "as it should"})
        elif name == "die" and not input.get("until", 1 << 30) <= call["attempt"]:
            os._exit(3)
        else:
            answer(got, input)
    elif method == "cancel":
        call = held.pop(got["params"]["id"], None)
        if call:
            os.write(2, b"cancelled: %s\n" % got["params"].get("reason", "caller").encode())
            send(id=call["id"], error={"code": 4001, "message": "stopped"})
    elif method == "shutdown":
        break
    elif method in ("ping", "drain"):
        send(id=got["id"], result={})
