# SPDX-License-Identifier: Apache-2.0
# What notices are sent to in a test: an HTTPS server that behaves as a file says, an SMTP server over TLS, and one
# that begins in clear and offers STARTTLS, or does not.
# Usage: notify_sink.py CERT KEY FOLDER ; writes FOLDER/ports, FOLDER/posts (one JSON a line), FOLDER/mails and
# FOLDER/clear (what was said in clear); reads FOLDER/mood before each answer: ok, fail, slow, garbage, long, redirect,
# and of mail bare (no STARTTLS), refuse (STARTTLS is not to be had), defer and reject (of a recipient).
import json, os, socketserver, ssl, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

cert, key, folder = sys.argv[1:4]


def mood():
    with open(os.path.join(folder, "mood")) as f:
        return f.read().strip()


def note(name, text):
    with open(os.path.join(folder, name), "a") as f:
        f.write(text + "\n")


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        m = mood()
        note("tries", m)
        if m == "slow":
            time.sleep(30)
        elif m == "garbage":
            self.wfile.write(b"\x00\xff this is no answer\r\n")
        elif m == "redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
        elif m == "fail":
            self.send_response(500)
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(4096 if m == "long" else 1):
                    self.wfile.write(b"x" * 1024)
            except OSError:
                return
            if m == "ok":
                note("posts", json.dumps({"path": self.path, "secret": self.headers.get("X-Secret"),
                                          "body": json.loads(body)}))

    def do_GET(self):
        note("tries", "GET " + self.path)  # nobody should come by here

    def log_message(self, *a):
        pass


class Post(socketserver.StreamRequestHandler):
    clear = False

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def secure(self):
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", buffering=0)
        self.clear = False

    def hello(self):
        m = mood()
        if m == "slow":
            time.sleep(30)
        elif m == "long":
            for _ in range(1 << 20):
                self.say("250-" + "x" * 400)
        words = ["sink", "STARTTLS" if m != "bare" else "SIZE"] if self.clear else ["sink", "AUTH PLAIN"]
        for w in words[:-1]:
            self.say("250-" + w)
        self.say("250 " + words[-1])

    def login(self, line):
        if len(line.split()) == 2:
            self.say("334 ")
            line += " " + self.rfile.readline().decode().strip()
        note("logins", line.split()[-1])
        self.say("235 welcome" if mood() != "fail" else "535 no")

    def data(self):
        self.say("354 go on")
        lines = []
        while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(text)
        note("mails", json.dumps("\n".join(lines)))
        self.say("250 kept")

    def command(self, line):
        word, m = line.upper(), mood()
        if self.clear:
            note("clear", line)
        if word.startswith("EHLO"):
            self.hello()
        elif word == "STARTTLS" and m == "refuse":
            self.say("454 not now")
        elif word == "STARTTLS" and self.clear:
            self.say("220 begin")
            self.secure()
        elif word.startswith("AUTH"):
            self.login(line)
        elif word.startswith("RCPT") and m in ("defer", "reject"):
            self.say("451 later" if m == "defer" else "550 nobody of that name")
        elif word == "DATA":
            self.data()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    def handle(self):
        try:
            self.say("220 sink")
            while (line := self.rfile.readline().decode(errors="replace").strip()) and self.command(line):
                pass
        except OSError:
            pass  # the other side had enough


class ClearPost(Post):
    clear = True


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
hook.socket = context.wrap_socket(hook.socket, server_side=True, do_handshake_on_connect=False)
post = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
post.socket = context.wrap_socket(post.socket, server_side=True, do_handshake_on_connect=False)
clear = socketserver.ThreadingTCPServer(("127.0.0.1", 0), ClearPost)
hook.daemon_threads = post.daemon_threads = clear.daemon_threads = True
for server in (post, clear):
    threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w") as f:
    f.write(f"{hook.server_address[1]} {post.server_address[1]} {clear.server_address[1]}\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
hook.serve_forever()
