#!/usr/bin/python3
"""courier_servers.py: servers that abl-courier talks to, on ports of the loopback that they print.

    courier_servers.py smtp DIRECTORY [slow|refuse|chatter|garbage]     each mail becomes DIRECTORY/N.eml, with its envelope above it
    courier_servers.py rdap MODE MAILBOX      } MODE: right, late, wrong, huge, hostile, missing, inside (a redirection to the loopback),
    courier_servers.py whois MODE MAILBOX     }       endless (of whois), refer
    courier_servers.py dns MODE MAILBOX       }       forged (answers with another number first), cut
    courier_servers.py form MODE [CERTIFICATE KEY]      the forms of AbuseIPDB (/api/v2/report) and blocklist.de (/en/httpreports.html), by TLS
                                              with a certificate; MODE: right, late, wrong, huge, hostile, empty, denied, limited, redirect
    courier_servers.py events DIRECTORY       each body that is sent becomes DIRECTORY/N, with its head above it

Each prints its port, and then a line for each request.
"""

import http.server
import json
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def tell(text):
    print(text, flush=True)


# ---- mail ----


def smtp(directory, mode="right"):
    lock, count = threading.Lock(), [0]

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line):
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self):
            try:
                self.talk()
            except OSError:
                pass

        def talk(self):
            if mode == "slow":
                time.sleep(1000)
            if mode == "garbage":
                self.wfile.write(b"\xff\x00" * 100000)
                return
            if mode == "chatter":
                while True:
                    self.wfile.write(b"220-" + b"x" * 60 + b"\r\n")
            self.say("220-a server")
            self.say("220 of the tests")
            envelope = []
            while line := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
                word = line.split(":")[0].upper()
                if word.startswith("EHLO"):
                    self.say("250-here")
                    self.say("250 8BITMIME")
                elif word.startswith("MAIL"):
                    envelope = [line]
                    self.say("250 ok")
                elif word.startswith("RCPT"):
                    if mode == "refuse":
                        self.say("550 5.1.1 no such mailbox \x1b[2J")
                        continue
                    envelope.append(line)
                    self.say("250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (data := self.rfile.readline()) not in (b".\r\n", b""):
                        assert data.endswith(b"\r\n"), data
                        lines.append(data[1:] if data.startswith(b"..") else data)
                    with lock:
                        count[0] += 1
                        path = os.path.join(directory, f"{count[0]}.eml")
                        with open(path + ".new", "wb") as file:
                            file.write("".join(f"X-Envelope: {each}\r\n" for each in envelope).encode())
                            file.write(b"".join(lines))
                        os.rename(path + ".new", path)
                        tell(f"mail {count[0]}")
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("500 what?")

    serve(Server(("127.0.0.1", 0), Handler))


# ---- registries ----


def entity(mailbox, roles=("abuse",)):
    return {"objectClassName": "entity", "roles": list(roles),
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Abuse"], ["email", {}, "text", mailbox]]]}


def rdap(mode, mailbox):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            tell(self.path)
            if mode == "late":
                time.sleep(1000)
            if mode == "inside":
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{server.server_address[1]}/secret/ip/x" if "secret" not in self.path else "/")
                self.end_headers()
                return
            if mode == "missing":
                self.send_response(404)
                self.end_headers()
                return
            nested = {"roles": ["registrant"], "entities": [entity("other@example.net", ["technical"]), entity(mailbox)]}
            body = {
                "right": json.dumps({"objectClassName": "ip network", "entities": [nested]}),
                "bootstrap": json.dumps({"services": []}),
                "wrong": "<html>it works</html>",
                "huge": json.dumps({"entities": [entity(mailbox)], "remarks": "x" * 10_000_000}),
                "deep": "[" * 60_000,
                "hostile": json.dumps({"entities": [
                    entity("-oQ/tmp/x@example.net"), entity("a@example.net\r\nBcc: b@example.net"), entity("|sh@"),
                    entity("a b@example.net"), entity("$(id)@example.net"), entity("x" * 300 + "@example.net"), entity(mailbox)]}),
            }[mode]
            self.send_response(200)
            self.send_header("Content-Type", "application/rdap+json")
            if mode != "huge":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body.encode())
            except OSError:
                pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serve(server)


def whois(mode, mailbox):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            query = self.rfile.readline().decode("latin-1").strip()
            tell(query)
            try:
                if mode == "late":
                    time.sleep(1000)
                while mode in ("huge", "endless"):
                    self.wfile.write(b"x" * 60 + b"\n")
                text = {
                    "right": f"% comment\n\ninetnum: {query}\nabuse-mailbox:  {mailbox}\n",
                    "remark": f"% Abuse contact for '192.0.2.0 - 192.0.2.255' is '{mailbox}'\n",
                    "missing": "% nothing\n",
                    "wrong": "\xff\x00" * 500,
                    "hostile": f"abuse-mailbox: a@example.net, -f b@example.net\nabuse-mailbox: \x1b[2J@example.net\nOrgAbuseEmail: {mailbox}\n",
                    "refer": "refer: 127.0.0.1\n",
                }[mode]
                self.wfile.write(text.encode("latin-1"))
            except OSError:
                pass

    serve(Server(("127.0.0.1", 0), Handler))


def dns(mode, mailbox):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    tell(server.getsockname()[1])
    while True:
        data, who = server.recvfrom(4096)
        labels, offset = [], 12
        while length := data[offset]:
            labels.append(data[offset + 1:offset + 1 + length].decode())
            offset += length + 1
        tell(".".join(labels))
        question = data[12:offset + 5]

        def answer(identity, text, code=0, flags=0x8180, name=b"\xc0\x0c", question=question):
            pieces = b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255] for i in range(0, len(text), 255))
            record = name + struct.pack(">HHIH", 16, 1, 60, len(pieces)) + pieces
            count = 0 if code else 1
            return identity + struct.pack(">HHHHH", flags | code, 1, count, 0, 0) + question + (record if count else b"")

        mine = data[:2]
        other = bytes([mine[0] ^ 1, mine[1]])
        right = answer(mine, mailbox.encode())
        replies = {
            "right": [right],
            "late": [],
            "missing": [answer(mine, b"", code=3)],
            "forged": [answer(other, b"forged@example.net"), answer(mine, b"forged@example.net", question=b"\x01x\x00\x00\x10\x00\x01"), right],
            "cut": [answer(mine, mailbox.encode(), flags=0x8380)],
            "wrong": [b"", b"\x00", mine, mine + b"\x81\x80" + b"\xff" * 500, mine + b"\x81\x80\x00\x01\xff\xff\x00\x00\x00\x00" + question + b"\xc0" * 300],
            "huge": [answer(mine, b"x" * 3000)],
            "hostile": [answer(mine, b"-oQ@example.net,a b@example.net;\x1b[2J@example.net," + mailbox.encode(), name=b"\xff" * 0 + b"\xc0\xff")],
        }[mode]
        for reply in replies:
            server.sendto(reply, who)


# ---- the web ----


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass


def form(mode, certificate=None, key=None):
    class Handler(Quiet):
        def do_GET(self):
            self.do_POST()

        def do_POST(self):
            fields = urllib.parse.parse_qs(self.body().decode(), strict_parsing=True)
            tell(json.dumps({"method": self.command, "path": self.path, "key": self.headers.get("Key"),
                             "form": {name: values[0] for name, values in fields.items()}}, sort_keys=True))
            if mode == "late":
                time.sleep(1000)
            is_list = self.path == "/en/httpreports.html"
            complaint = {"denied": "no such key", "limited": "Daily rate limit of 1000 requests exceeded",
                         "hostile": "\x1b[2J\r\nreported 8.8.4.4 to all" + "x" * 5000}.get(mode)
            if mode == "redirect":
                self.answer(307, Location=f"http://127.0.0.1:{server.server_address[1]}/elsewhere")
            elif mode in ("wrong", "huge", "empty"):
                self.answer(200, {"wrong": b"<html>it works</html>", "huge": b'{"data":"' + b"x" * 10_000_000 + b'"}', "empty": b""}[mode])
            elif complaint and is_list:
                self.answer(200, json.dumps({"status": "error", "error": {"apikey": complaint}}).encode())
            elif complaint:
                status = {"denied": 401, "limited": 429}.get(mode, 422)
                self.answer(status, json.dumps({"errors": [{"detail": complaint, "status": status}]}).encode(), Retry_After="3600")
            elif is_list:
                self.answer(200, json.dumps({"status": "success", "error": 0}).encode())
            else:
                self.answer(200, json.dumps({"data": {"ipAddress": fields["ip"][0], "abuseConfidenceScore": 52}}).encode())

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    serve(server)


def events(directory):
    count = [0]

    class Handler(Quiet):
        def do_POST(self):
            count[0] += 1
            path = os.path.join(directory, str(count[0]))
            with open(path + ".new", "wb") as file:
                file.write(f"{self.path}\n{self.headers}".encode() + self.body())
            os.rename(path + ".new", path)
            tell(f"event {count[0]}")
            self.answer(200)

    serve(http.server.HTTPServer(("127.0.0.1", 0), Handler))


def serve(server):
    tell(server.server_address[1])
    server.serve_forever()


{"smtp": smtp, "rdap": rdap, "whois": whois, "dns": dns, "form": form, "events": events}[sys.argv[1]](*sys.argv[2:])
