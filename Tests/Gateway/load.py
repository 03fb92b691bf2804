"""Rotation, reload and shutdown under load: no request is lost and no wrong token is ever accepted. An oracle counts."""
import http.client
import http.server
import json
import subprocess
import threading
import time

WRK_SCRIPT = """
wrk.headers["Authorization"] = "Bearer %s"
wrk.headers["Host"] = "orders.example"
"""


class Oracle:
    """Knows which tokens must pass, which must not, and which may for the moment."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answered = {}
        self.wrong, self.lost = [], []
        self.ending = False

    def verdicts(self, expected):
        """What a status may be at this moment."""
        return expected() if callable(expected) else expected

    def judge(self, kind, expected, status):
        with self.lock:
            self.answered[kind] = self.answered.get(kind, 0) + 1
            if status not in expected:
                self.wrong.append((kind, status))

    def lose(self, kind, error):
        with self.lock:
            self.lost.append((kind, repr(error)))


class Client(threading.Thread):
    """Sends its tokens in turn over one connection as long as the server keeps it."""

    def __init__(self, port, oracle, tokens):
        super().__init__(daemon=True)
        self.port, self.oracle, self.tokens, self.running = port, oracle, tokens, True

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.connect()
        return connection

    def run(self):
        connection = None
        turn = 0
        while self.running:
            kind, token, expected = self.tokens[turn % len(self.tokens)]
            turn += 1
            if connection is None:
                try:
                    connection = self.connect()
                except OSError as error:
                    # Nobody has taken the request: it is not lost. Before the shutdown it must not happen.
                    if not self.oracle.ending:
                        self.oracle.lose("connection", error)
                    return
            allowed = self.oracle.verdicts(expected)
            try:
                connection.request("GET", "/envoy/orders/7", headers={"Authorization": "Bearer " + token})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.oracle.lose(kind, error)
                connection = None
                continue
            # What was right when it was sent, or is now: between the two it may have been decided.
            self.oracle.judge(kind, allowed + self.oracle.verdicts(expected), answer.status)
            if answer.will_close:
                connection.close()
                connection = None


class Keys(http.server.BaseHTTPRequestHandler):
    """An issuer's JWK Set, which its rotation replaces."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.server.rotation.fetched()
        self.send_response(200)
        self.send_header("Content-Type", "application/jwk-set+json")
        self.send_header("Cache-Control", "max-age=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Rotation(threading.Thread):
    """Adds the next key, then takes the one before away, and so on: each change holds when it has been fetched.

    A fetch that began after a change has put it in force when the next one begins, since there is one at a time.
    """

    LIFETIME = 1
    """Seconds for which the gateway takes a set for fresh."""

    def __init__(self, site, names):
        super().__init__(daemon=True)
        self.site, self.names = site, names
        self.lock = threading.Condition()
        self.listed, self.settled, self.fetches, self.changes = [names[0]], set(), 0, 0
        self.running = True
        self.slowest = 0.0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.server.rotation, self.server.daemon_threads = self, True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.settled = set(names)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/jwks"

    def fetched(self):
        with self.lock:
            self.fetches += 1
            self.lock.notify_all()
            return json.dumps({"keys": [self.site.jwk(name) for name in self.listed]}).encode()

    def expected(self, name):
        def now():
            with self.lock:
                if name not in self.settled:
                    return (200, 401)
                return (200,) if name in self.listed else (401,)

        return now

    def change(self, name, listed):
        start = time.monotonic()
        with self.lock:
            self.settled.discard(name)
            self.listed = listed
            seen = self.fetches
            while self.fetches < seen + 2:
                if not self.lock.wait(30):
                    return False
            self.settled.add(name)
            self.changes += 1
            self.slowest = max(self.slowest, time.monotonic() - start)
        # For a while the verdict is the one or the other and nothing else.
        time.sleep(0.3)
        return True

    def run(self):
        turn = 0
        while self.running:
            old, new = self.names[turn % len(self.names)], self.names[(turn + 1) % len(self.names)]
            if not (self.change(new, [old, new]) and self.change(old, [new])):
                return
            turn += 1


ROTATED = """
  rotating:
    issuer: https://rotating.example
    keys: { url: "%s" }
    allow_addresses: 127.0.0.0/8
    allow_http: true
    cool_down: 1s
    minimum_lifetime: 1s
    maximum_lifetime: %ds
"""


def test(site, seconds, check):
    names = ["r0", "r1", "r2"]
    for name in names:
        site.key(name)
    rotation = Rotation(site, names)
    site.write("gateway.yaml", site.read("gateway.yaml").replace(
        "\npolicies:", ROTATED % (rotation.url, rotation.LIFETIME) + "\npolicies:", 1))
    broken = "issuers: [nonsense\n"
    good_file = site.read("gateway.yaml")
    gateway = site.gateway()
    oracle = Oracle()
    good, rotated = site.tokens("a", 20), site.token("b")
    tokens = [("good", token, (200,)) for token in good]
    tokens += [("stranger", site.token("stranger"), (401,)), ("expired", site.token(options=["--at", "1700000000"]), (401,)),
               ("changed", good[0][:-4] + "AAAA", (401,)), ("audience", site.token(audience="x"), (401,)),
               # Trusted for half of the time.
               ("rotated", rotated, (200, 401))]
    tokens += [("key " + name, site.token(name, issuer="https://rotating.example"), rotation.expected(name)) for name in names]
    site.wait_until_ready()
    rotation.start()
    clients = [Client(site.ports[9180], oracle, tokens[i:] + tokens[:i]) for i in range(3)]
    for client in clients:
        client.start()
    site.write("wrk.lua", WRK_SCRIPT % good[1])
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c8", f"-d{max(2, int(seconds))}s", "-s", site.path("wrk.lua"),
         f"http://127.0.0.1:{site.ports[9180]}/envoy/orders/7"], stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + seconds
    steps = 0
    while time.monotonic() < end:
        match steps % 4:
            case 0: site.trust("a", "b")
            case 1: site.write("gateway.yaml", broken)
            case 2: site.write("gateway.yaml", good_file)
            case 3: site.trust("a")
        site.reload(gateway)
        steps += 1
        time.sleep(0.4)
    out = wrk.communicate()[0]
    check("Non-2xx" not in out and "Socket errors" not in out, f"wrk under reload: {out}")
    counted = site.metrics()
    done, refused = (int(counted[f'fastverify_gateway_reloads_total{{outcome="{o}"}}']) for o in ("done", "refused"))
    check(done > 0 and refused > 0, f"reloads: {done} done, {refused} refused")

    # A key that is withdrawn stops verifying once the reload is in the log; one that is added begins to.
    for names, status in ((("a", "b"), 200), (("a",), 401)):
        site.write("gateway.yaml", good_file)
        site.trust(*names)
        before = site.read("gateway.log").count("configuration reloaded")
        site.reload(gateway)
        for _ in range(400):
            if site.read("gateway.log").count("configuration reloaded") > before:
                break
            time.sleep(0.025)
        got = site.ask(9180, "/envoy/orders/7", rotated)[0]
        check(got == status, f"a token of key b while {names} are trusted: {got}")

    # At least one key has come and one has gone, whatever the seconds.
    deadline = time.monotonic() + 60
    while rotation.changes < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    rotation.running = False
    rotation.join(60)
    check(rotation.changes >= 2, f"rotation: {rotation.changes} changes, {rotation.fetches} fetches")
    oracle.ending = True
    gateway.terminate()
    status = gateway.wait(30)
    for client in clients:
        client.join(10)
    check(status == 0, f"the gateway ends with {status}")
    check(not oracle.wrong, f"wrong verdicts: {oracle.wrong[:5]} of {len(oracle.wrong)}")
    check(not oracle.lost, f"lost requests: {oracle.lost[:5]} of {len(oracle.lost)}")
    check(oracle.answered.get("good", 0) > 20 and oracle.answered.get("stranger", 0) > 0, f"answers: {oracle.answered}")
    site.end()
    rotation.server.shutdown()
    line = next((line for line in out.splitlines() if "requests in" in line), "")
    print(f"  load: {oracle.answered} {steps} reloads, {rotation.changes} changes of a remote set in {rotation.fetches} "
          f"fetches, the slowest in force after {rotation.slowest:.1f} s,{line}")
