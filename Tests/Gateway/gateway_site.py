"""What the gateway's tests share: keys and tokens, a service that echoes its fields, processes on ports of their own."""
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Echo(http.server.BaseHTTPRequestHandler):
    """Says which fields have reached it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"path": self.path, "fields": [[k.lower(), v] for k, v in self.headers.items()]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Site:
    """A folder with the example configurations, their ports replaced by free ones, and everything that runs from it."""

    def __init__(self, tool, folder):
        self.tool, self.folder, self.processes = os.path.abspath(tool), folder, []
        self.ports = {old: free_port() for old in (9180, 9181, 9182, 9080, 8080, 8081)}
        for name in ("gateway.yaml", "nginx/nginx.conf", "haproxy/haproxy.cfg", "haproxy/fastverify.lua"):
            with open(os.path.join(ROOT, "Examples", name)) as file:
                self.write(os.path.basename(name), self.moved(file.read()))
        self.key("a")
        self.key("b")
        self.key("stranger")
        self.trust("a")

    def moved(self, text):
        return re.sub(r"(127\.0\.0\.1:)(\d+)", lambda m: m[1] + str(self.ports.get(int(m[2]), m[2])), text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """All at once: whoever reads sees the old text or the new one."""
        with open(self.path(name + ".new"), "w") as file:
            file.write(text)
        os.replace(self.path(name + ".new"), self.path(name))

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    # Keys and tokens

    def key(self, name, algorithm="ES256"):
        public = [] if algorithm.startswith("HS") else ["--public-out", self.path(name + ".json")]
        out = self.path(name + ".jwk")
        subprocess.run(
            [self.tool, "keygen", "--algorithm", algorithm, "--out", out, "--kid", name, *public], check=True,
            capture_output=True)
        if not public:
            shutil.copy(out, self.path(name + ".json"))

    def jwk(self, name):
        text = json.loads(self.read(name + ".json"))
        return text["keys"][0] if "keys" in text else text

    def trust(self, *names):
        self.write("keys.json", json.dumps({"keys": [self.jwk(name) for name in names]}))

    def tokens(self, key="a", count=1, claims=None, options=(), audience="orders",
               issuer="https://id.example"):
        self.write("claims.json", json.dumps(claims or {"scope": "orders:read"}))
        run = subprocess.run(
            [self.tool, "sign", "--key", self.path(key + ".jwk"), "--issuer", issuer, "--audience", audience,
             "--subject", "alice", "--claims", self.path("claims.json"), "--count", str(count), *options],
            check=True, capture_output=True, text=True)
        return run.stdout.split()

    def token(self, *arguments, **named):
        return self.tokens(*arguments, **named)[0]

    # Processes

    def start(self, *command, environment=None):
        name = "gateway" if command[0] == self.tool else command[0]
        log = open(self.path(name + ".log"), "a")
        process = subprocess.Popen(
            command, cwd=self.folder, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def gateway(self, environment=None):
        process = self.start(self.tool, "serve", "gateway.yaml", environment=environment)
        self.wait_for(9180)
        return process

    def backend(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.ports[9080]), Echo)
        # Proxies end connections as they like.
        server.handle_error = lambda *_: None
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def wait_for(self, port):
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", self.ports[port]), timeout=1).close()
                return
            except OSError:
                time.sleep(0.025)
        raise SystemExit(f"nothing listens on {port}")

    def wait_until_ready(self):
        for _ in range(400):
            if self.ask(9181, "/ready")[0] == 200:
                return
            time.sleep(0.025)
        raise SystemExit("the gateway does not become ready")

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    # Requests

    def ask(self, port, path, token=None, fields=(), method="GET", tls=None):
        """Status, fields in lower case, body; the date left out."""
        if tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self.ports[port], timeout=10, context=tls)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=10)
        connection.putrequest(method, path, skip_accept_encoding=True)
        if token is not None:
            connection.putheader("Authorization", "Bearer " + token)
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        headers = sorted((k.lower(), v) for k, v in answer.getheaders() if k.lower() != "date")
        return answer.status, headers, body

    def raw(self, port, text, wait=5.0):
        """What comes back for these bytes until the other side ends or says nothing for a while."""
        with socket.create_connection(("127.0.0.1", self.ports[port]), timeout=wait) as s:
            try:
                s.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
            except OSError:
                pass
            out = b""
            try:
                while piece := s.recv(65536):
                    out += piece
            except OSError:
                pass
            return out

    def metrics(self):
        _, _, body = self.ask(9181, "/metrics")
        return dict(line.rsplit(" ", 1) for line in body.decode().splitlines() if not line.startswith("#"))

    def reload(self, process):
        process.send_signal(signal.SIGHUP)


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]
