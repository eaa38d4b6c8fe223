#!/usr/bin/env python3
# A stand-in for CrowdSec's local API: lapi.py DIRECTORY [ADDRESS [PORT]]. With DIRECTORY/server.crt and server.key it speaks TLS.
#
# It prints its port, then answers GET /v1/decisions/stream by DIRECTORY/mode: ok, late, broken, cut, huge, endless, garbage, redirect. Of ok it has
# DIRECTORY/whole for startup=true, else DIRECTORY/delta, once. The key that it takes is in DIRECTORY/key. DIRECTORY/log has each question.
import http.server, os, ssl, sys, time

home = sys.argv[1]


def content(name, default=b""):
    try:
        with open(os.path.join(home, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return default


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        mode = content("mode", b"ok").decode().strip()
        with open(os.path.join(home, "log"), "a") as log:
            log.write("%s %s\n" % (mode, self.path))
        key = content("key").decode().strip()
        if self.headers.get("X-Api-Key") != key:
            return self.answer(403, b'{"message":"access forbidden"}')
        if not self.path.startswith("/v1/decisions/stream?"):
            return self.answer(404, b"")
        getattr(self, mode)()

    def answer(self, status, body, headers={}, length=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def ok(self):
        if "startup=true" in self.path:
            return self.answer(200, content("whole", b'{"new":null,"deleted":null}'))
        body = content("delta", b'{"new":null,"deleted":null}')
        try:
            os.unlink(os.path.join(home, "delta"))
        except FileNotFoundError:
            pass
        self.answer(200, body)

    def late(self):
        time.sleep(1000)
        self.answer(200, b"{}")

    def broken(self):
        self.answer(500, b"database is locked")

    def cut(self):
        self.answer(200, b'{"new":[', length=1000)
        self.close_connection = True

    def huge(self):
        self.answer(200, b"", length=100 << 20)
        self.close_connection = True

    def endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except OSError:
            self.close_connection = True

    def garbage(self):
        self.answer(200, b'{"new":{"id":1},"deleted":[]}')

    def redirect(self):
        self.answer(302, b"", {"Location": "/v1/decisions/stream?startup=true&redirected"})


address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
server = http.server.ThreadingHTTPServer((address, int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
if os.path.exists(os.path.join(home, "server.crt")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(home, "server.crt"), os.path.join(home, "server.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
