"""Rotation, reload and shutdown under load: no request is lost and no wrong token is ever accepted. An oracle counts."""
import http.client
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
            try:
                connection.request("GET", "/envoy/orders/7", headers={"Authorization": "Bearer " + token})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.oracle.lose(kind, error)
                connection = None
                continue
            self.oracle.judge(kind, expected, answer.status)
            if answer.will_close:
                connection.close()
                connection = None


def test(site, seconds, check):
    broken = "issuers: [nonsense\n"
    good_file = site.read("gateway.yaml")
    gateway = site.gateway()
    oracle = Oracle()
    good = site.tokens("a", 20)
    tokens = [("good", token, (200,)) for token in good]
    tokens += [("stranger", site.token("stranger"), (401,)), ("expired", site.token(options=["--at", "1700000000"]), (401,)),
               ("changed", good[0][:-4] + "AAAA", (401,)), ("audience", site.token(audience="x"), (401,)),
               # Trusted for half of the time.
               ("rotated", site.token("b"), (200, 401))]
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
        got = site.ask(9180, "/envoy/orders/7", tokens[-1][1])[0]
        check(got == status, f"a token of key b while {names} are trusted: {got}")

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
    line = next((line for line in out.splitlines() if "requests in" in line), "")
    print(f"  load: {oracle.answered} {steps} reloads,{line}")
