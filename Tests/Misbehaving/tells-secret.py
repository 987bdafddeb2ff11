"""Behaves: its answers hold a secret, which stands in no file; what is asked for says where."""
import hashlib, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

SECRET = hashlib.sha256(b"planted by tells-secret").hexdigest()
hello(tools=lambda kind: [tool("tell", idempotent=True, secret_output=True, output_schema={"type": "object", "properties": {"token": {"maxLength": 64}}}), tool("count")])
asked = 0


def invoke(call):
    global asked
    asked += 1
    os.write(2, b"asked %d\n" % asked)
    how = call["params"]["input"].get("how")
    output = {"token": SECRET, "asked": asked}
    if how == "error":
        send(id=call["id"], error={"code": 4010, "message": "not " + SECRET, "data": {"name": SECRET, "more": [SECRET]}})
    elif how == "broken":
        answer(call, {"token": SECRET + "!"})
    elif how == "failure":
        send(id=call["id"], result={"output": output, "failure": "but " + SECRET})
    elif how == "artifact":
        digest = hashlib.sha256(b"").hexdigest()
        send(id=call["id"], result={"output": output, "artifacts": [{"artifact": digest, "bytes": 0, "media_type": "text/plain", "name": SECRET}]})
    elif how == "progress":
        send(method="progress", params={"id": call["id"], "kind": "stdout", "text": SECRET})
        answer(call, output)
    else:
        answer(call, output)


serve(invoke)
