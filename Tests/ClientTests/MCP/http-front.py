"""Puts an MCP server that speaks over stdio behind streamable HTTP (2026-07-28), for checkers that know only that.

Usage: http-front.py COMMAND...; prints "ready URL". What HTTP adds to the protocol (headers, statuses, origins) is this
program's; every body is the server's own, which ends with this program."""
import base64
import json
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
lock, number, waiting = threading.Lock(), [0], {}
STATUS = {-32700: 400, -32600: 400, -32602: 400, -32601: 404, -32020: 400, -32021: 400, -32022: 400}


def hear():
    for line in server.stdout:
        message = json.loads(line)
        if message.get("id") in waiting:
            waiting.pop(message["id"]).put(message)


def ask(message):
    """The server's answer; its ids are ours, so that clients cannot meet each other's."""
    box = queue.Queue()
    with lock:
        number[0] += 1
        waiting[number[0]] = box
        server.stdin.write(json.dumps(message | {"id": number[0]}).encode() + b"\n")
        server.stdin.flush()
    return box.get(timeout=30) | {"id": message["id"]}


def plain(header):
    """What a header says, where it could not say it as it is."""
    if header and header.startswith("=?base64?") and header.endswith("?="):
        return base64.b64decode(header[9:-2]).decode()
    return header


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, id, code, text):
        error = {"jsonrpc": "2.0", "error": {"code": code, "message": text}}
        self.reply(STATUS[code], error | ({} if id is None else {"id": id}))

    def do_GET(self):
        self.reply(405)

    do_DELETE = do_PUT = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        origin = self.headers.get("Origin")
        if origin and not origin.startswith(("http://127.0.0.1", "http://localhost")):
            return self.reply(403)
        if self.path != "/mcp":
            return self.reply(404)
        try:
            message = json.loads(body)
        except ValueError:
            return self.fail(None, -32700, "no JSON")
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or "method" not in message:
            return self.fail(None, -32600, "no request")
        if "id" not in message:
            return self.reply(202)
        if not isinstance(message["id"], (int, str)) or isinstance(message["id"], bool):
            return self.fail(None, -32600, "no id")
        params = message.get("params") or {}
        meta = params.get("_meta") or {} if isinstance(params, dict) else {}
        version = meta.get("io.modelcontextprotocol/protocolVersion")
        name = params.get("name") if message["method"] == "tools/call" else None
        for header, value in [("MCP-Protocol-Version", version), ("Mcp-Method", message["method"]), ("Mcp-Name", name)]:
            if isinstance(value, str) and plain(self.headers.get(header)) != value:
                return self.fail(message["id"], -32020, "%s is not what the body says" % header)
        answer = ask(message)
        self.reply(STATUS.get(answer["error"]["code"], 200) if "error" in answer else 200, answer)


threading.Thread(target=hear, daemon=True).start()
front = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
front.daemon_threads = True
print("ready http://127.0.0.1:%d/mcp" % front.server_port, flush=True)
front.serve_forever()
