#!/usr/bin/env python3
"""A server on the loopback address for the tests of the web worker, well-behaved and not.

usage: server.py LOG [CERTIFICATE KEY]     prints its port; writes each path that was asked for; ends with its input
"""
import gzip, http.server, json, os, socketserver, ssl, sys, threading, time, urllib.parse

BOMB = gzip.compress(b"\0" * (24 << 20), 9)
log = open(sys.argv[1], "w", buffering=1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        log.write(url.path + "\n")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = getattr(self, "do_" + url.path.strip("/").replace("/", "_").replace("-", "_"), None)
        if action is None:
            return self.answer(b"nothing here\n", 404, Content_Type="text/plain")
        action(query, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def do_text(self, query, body):
        self.answer("hé\n".encode(), Content_Type="text/plain; charset=utf-8", Set_Cookie=["a=1", "b=2"], X_Twice=["1", "2"])

    def do_echo(self, query, body):
        seen = {"method": self.command, "headers": {k.lower(): v for k, v in self.headers.items()},
                "body": body.decode("latin-1"), "path": self.path}
        self.answer(json.dumps(seen).encode(), Content_Type="application/json")

    def do_binary(self, query, body):
        self.answer(b"\xff\x00\xfe", Content_Type="image/x-test")

    def do_big(self, query, body):
        size = int(query["n"])
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        chunk = b"0123456789abcdef" * 4096
        while size > 0:
            size -= self.wfile.write(chunk[: min(size, len(chunk))])

    def do_bomb(self, query, body):
        self.answer(BOMB, Content_Type="text/plain", Content_Encoding="gzip")

    def do_badgzip(self, query, body):
        self.answer(b"this is no gzip", Content_Encoding="gzip")

    def do_drip(self, query, body):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.05)

    def do_silent(self, query, body):
        time.sleep(30)

    def do_redirect(self, query, body):
        self.answer(b"x" * 1000, int(query.get("status", 302)), Location=query["to"])

    def do_loop(self, query, body):
        self.answer(status=302, Location="/loop")

    def do_garbage(self, query, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk\r\n")
        self.close_connection = True

    def do_nonsense(self, query, body):
        self.wfile.write(b"\x00\x01\x02 what is this\r\n\r\n")
        self.close_connection = True

    def do_short(self, query, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        self.close_connection = True

    def do_nothing(self, query, body):
        self.close_connection = True

    def do_headers(self, query, body):
        self.send_response(200)
        for i in range(int(query["n"])):
            self.send_header("X-%d" % i, "v" * 1000)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) == 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.buffer.read()
os._exit(0)
