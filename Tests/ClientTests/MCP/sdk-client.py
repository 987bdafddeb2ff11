"""The reference SDK's client (2.x or 1.x) against an MCP server over stdio: lists the tools, calls some, answers forms.

Usage: sdk-client.py VERSION -- COMMAND...; prints one JSON document."""
import json
import sys

import anyio
import mcp
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

version, command = sys.argv[1], sys.argv[3:]
params = StdioServerParameters(command=command[0], args=command[1:])
asked, told, logged = [], [], []
decision = "approve"


async def progress(value, total, message):
    told.append([value, message])


def plain(result):
    structured = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    is_error = result.is_error if hasattr(result, "is_error") else result.isError
    return {"structured": structured, "text": result.content[0].text, "error": bool(is_error)}


async def work(session, protocol):
    global decision
    tools = (await session.list_tools()).tools
    plan = {"steps": [{"id": "a", "tool": "echo", "input": {"n": 1}},
                      {"id": "b", "tool": "echo", "input": {"n": "step:a#/n"}}]}
    found = {"protocol": protocol, "tools": [tool.name for tool in tools]}
    found["plan"] = plain(await session.call_tool("run_plan", {"plan": plan}, progress_callback=progress))
    found["wrong"] = plain(await session.call_tool("run_bash", {"command": 7}))
    if protocol >= "2025-06-18":
        found["approved"] = plain(await session.call_tool("call_tool", {"name": "act", "input": {"n": 2}}))
        decision = "deny"
        found["denied"] = plain(await session.call_tool("call_tool", {"name": "act", "input": {"n": 3}}))
    try:
        await session.call_tool("no_such_tool", {})
        found["unknown"] = None
    except Exception as error:
        code = getattr(error, "error", error).code
        found["unknown"] = code
    return found


async def answer(context, params):
    asked.append(params.message)
    return mcp.types.ElicitResult(action="accept", content={"decision": decision})


async def main():
    if hasattr(mcp, "Client"):
        mode = version if version >= "2026" else "legacy" if version != "auto" else "auto"
        async with mcp.Client(params, mode=mode, elicitation_callback=answer) as client:
            found = await work(client, client.protocol_version)
    else:
        # What it offers is what it speaks.
        mcp.types.LATEST_PROTOCOL_VERSION = version
        async with stdio_client(params) as (read, write):
            async with mcp.ClientSession(read, write, elicitation_callback=answer) as session:
                opened = await session.initialize()
                await session.send_ping()
                found = await work(session, opened.protocolVersion)
    print(json.dumps(found | {"asked": asked, "progress": told}))


anyio.run(main)
