"""Servers on loopback for the tests of the proxy. Prints its port, ends with its standard input.

server.py http [CERTIFICATE KEY]   answers each path in a way of its own
server.py files FOLDER             a folder's files
server.py git FOLDER               the repositories of a folder, to fetch from and to push to
server.py echo                     gives back what it gets, byte for byte
server.py talk                     reads what comes for a moment, then says how many requests that was
"""
import os, socketserver, ssl, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

mode, rest = sys.argv[1], sys.argv[2:]


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, headers=()):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/redirect/"):
            return self.answer("elsewhere", 302, [("Location", self.path[len("/redirect/"):])])
        if self.path.startswith("/bytes/"):
            return self.answer(b"x" * int(self.path[len("/bytes/"):]))
        if self.path == "/headers":
            return self.answer("".join(f"{k}: {v}\n" for k, v in self.headers.items()))
        if self.path == "/slow":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"begun\n")
            self.wfile.flush()
            time.sleep(60)
            return None
        return self.answer("hello\n")

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(f"{len(body)} bytes\n")


class Files(SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=rest[0])

    def log_message(self, *_):
        pass


class Git(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": "/usr/bin:/bin", "GIT_PROJECT_ROOT": rest[0], "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "tester",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "HOME": rest[0],
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }
        if self.headers.get("Git-Protocol"):
            environment["GIT_PROTOCOL"] = self.headers["Git-Protocol"]
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment["CONTENT_LENGTH"] = str(len(body))
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self.send_response(status)
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = serve


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Talk(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(0.5)
        data = b""
        try:
            while part := self.request.recv(65536):
                data += part
        except TimeoutError:
            pass
        lines = [line for line in data.split(b"\r\n") if line.endswith(b"HTTP/1.1")]
        body = b"|".join(lines) + b"\n"
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%s" % (len(body), body))


class Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


ThreadingHTTPServer.request_queue_size = 1024
server = {
    "http": lambda: ThreadingHTTPServer(("127.0.0.1", 0), Answers),
    "files": lambda: ThreadingHTTPServer(("127.0.0.1", 0), Files),
    "git": lambda: ThreadingHTTPServer(("127.0.0.1", 0), Git),
    "echo": lambda: Threads(("127.0.0.1", 0), Echo),
    "talk": lambda: Threads(("127.0.0.1", 0), Talk),
}[mode]()
if mode == "http" and len(rest) == 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*rest)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
