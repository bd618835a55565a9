# SPDX-License-Identifier: Apache-2.0
# What notices are sent to in a test: an HTTPS server that behaves as a file says, and an SMTP server over TLS.
# Usage: notify_sink.py CERT KEY FOLDER ; writes FOLDER/ports, FOLDER/posts (one JSON a line) and FOLDER/mails;
# reads FOLDER/mood before each answer: ok, fail, slow, garbage, long, redirect.
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
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink")
        while True:
            line = self.rfile.readline().decode().strip()
            word = line.upper()
            if not line:
                return
            if word.startswith("EHLO"):
                self.say("250-sink\r\n250 AUTH PLAIN")
            elif word.startswith("AUTH"):
                if len(line.split()) == 2:
                    self.say("334 ")
                    line += " " + self.rfile.readline().decode().strip()
                note("logins", line.split()[-1])
                self.say("235 welcome" if mood() != "fail" else "535 no")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                note("mails", json.dumps("\n".join(lines)))
                self.say("250 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
hook.socket = context.wrap_socket(hook.socket, server_side=True, do_handshake_on_connect=False)
post = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
post.socket = context.wrap_socket(post.socket, server_side=True, do_handshake_on_connect=False)
hook.daemon_threads = post.daemon_threads = True
threading.Thread(target=post.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w") as f:
    f.write(f"{hook.server_address[1]} {post.server_address[1]}\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
hook.serve_forever()
