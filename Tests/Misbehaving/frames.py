"""What the misbehaving workers share: frames, and a well-behaved worker to deviate from."""
import json, os, struct, sys

OBJECT = {"type": "object"}


def raw(data):
    while data:
        data = data[os.write(1, data):]


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def message(**members):
    return frame(json.dumps({"jsonrpc": "2.0", **members}).encode())


def send(**members):
    raw(message(**members))


def exactly(count):
    data = b""
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def receive():
    return json.loads(exactly(struct.unpack(">I", exactly(4))[0]))


def tool(name, **more):
    return {"name": name, "description": "Misbehaves.", "input_schema": OBJECT, **more}


def greeting(start, tools=None, protocol="1.0", **more):
    """The answer to `initialize`, as bytes; the tool is named after the worker's kind unless `tools` says otherwise."""
    kind = start["params"]["worker"]["kind"]
    tools = [tool(kind)] if tools is None else tools(kind)
    result = {"protocol": protocol, "worker": {"name": kind, "version": "1.0"}, "tools": tools, **more}
    return message(id=start["id"], result=result)


def hello(**more):
    start = receive()
    raw(greeting(start, **more))
    return start


def answer(call, output):
    send(id=call["id"], result={"output": output})


def serve(invoke, ignoring=(), finish=lambda: None):
    """Serves until `shutdown`; `invoke` is given each `tool/invoke`, `finish` ends them before `drain` is answered."""
    while True:
        got = receive()
        method = got.get("method")
        if method in ignoring:
            continue
        if method == "shutdown":
            sys.exit(0)
        elif method == "tool/invoke":
            invoke(got)
        elif method in ("ping", "drain"):
            if method == "drain":
                finish()
            send(id=got["id"], result={})


def call_tool(call, tool, input, id=1):
    """A nested call: its reply, while everything else that comes is left aside."""
    send(id=id, method="tool/call", params={"invocation": call["id"], "tool": tool, "input": input})
    return reply_to(id)


def reply_to(id):
    while True:
        got = receive()
        if got.get("method") == "ping":
            send(id=got["id"], result={})
        elif got.get("id") == id and "method" not in got:
            return got


def outcome(reply):
    """A reply in short: the output, or the name of the error."""
    if "error" in reply:
        return {"error": reply["error"]["data"]["name"], "message": reply["error"]["message"]}
    return reply["result"]["output"]


def forever():
    import time
    while True:
        time.sleep(1000)
