"""Plans: answers what its settings say, attempt by attempt, after it asked for everything that a planner may ask for."""
import json, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import *

start = hello(tools=lambda kind: [tool("make_plan", idempotent=True), tool("write_answer", idempotent=True)])
answers = start["params"]["settings"]["answers"]
numbers = iter(range(1, 1000))


def ask(method, params):
    id = next(numbers)
    send(id=id, method=method, params=params)
    reply = reply_to(id)
    return reply.get("result") or {"error": reply["error"]["data"]["name"]}


def invoke(call):
    input = call["params"]["input"]
    if call["params"]["tool"] == "write_answer":
        return answer(call, {"text": "written: " + input["prompt"]})
    made = answers[input["attempt"] - 1]
    seen = {
        "tools": [t["name"] for t in ask("tools/list", {}).get("tools", [])],
        "recipes": [r["name"] for r in ask("recipes/list", {}).get("recipes", [])],
        "check": ask("plan/check", {"plan": made.get("plan", {})}),
        "refused": input.get("refused", {}).get("mistakes"),
        "failed": input.get("failed"),
    }
    print(json.dumps(seen), file=sys.stderr, flush=True)
    answer(call, {**made, "by": {"kind": "large_model", "provider": "test", "model": "test"}, "tries": 1})


serve(invoke)
