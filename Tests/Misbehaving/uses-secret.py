"""Behaves: calls `tell`, or another tool, as its input says, and dies in its first attempt if asked to. It answers what it
got as digests, unless asked for it plainly."""
import hashlib, json, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

hello(tools=lambda kind: [tool("use", idempotent=True)])


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def invoke(call):
    input, got = call["params"]["input"], []
    for number, how in enumerate(input["ask"]):
        asked = how if isinstance(how, dict) else {"how": how}
        send(id=number + 1, method="tool/call", params={"invocation": call["id"], "tool": input.get("tool", "tell"), "input": asked, "progress": how == "progress"})
        reply = reply_to(number + 1)
        if input.get("plain"):
            got.append(outcome(reply))
        elif "error" in reply:
            got.append({"error": reply["error"]["code"], "message": digest(reply["error"]["message"])})
        else:
            output = reply["result"]["output"]
            got.append({"token": digest(output.get("token")), "asked": output.get("asked")})
    if input.get("dies") and call["params"]["attempt"] == 1:
        os._exit(3)
    answer(call, got)


serve(invoke)
