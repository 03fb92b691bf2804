"""What policies may ask for besides a good token, through nginx and HAProxy with the configurations of Examples, and over gRPC."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import secrets
import subprocess
import threading
import time
import zlib

import certificates
from gateway_site import ROOT
from proofs import Prover

URI = "https://orders.example/orders/7"

POLICIES = """policies:
  orders:
    audience: orders
    algorithms: [ES256]
    realm: orders
    dpop: { mode: allowed, nonce: 2m, origin: "https://orders.example" }
    cookie: __Host-token
    csrf: { origins: "https://app.example", secret: csrf.secret }
    cors: { origins: "https://app.example", credentials: true, methods: [GET, POST] }
    limits:
      plans: { tiny: { requests: 2, window: 1h } }
      others: { requests: 100000 }
    revocation: { feed: { file: revoked.jsonl }, outage: closed, staleness: 1m }
  nginx: { audience: orders, algorithms: [ES256], realm: orders, mtls: { from: nginx, required: true } }
  haproxy: { audience: orders, algorithms: [ES256], realm: orders, mtls: { from: client_cert, required: true } }
  lists:
    audience: orders
    algorithms: [ES256]
    realm: orders
    revocation: { status_lists: "%s", outage: closed, allow_http: true, allow_addresses: 127.0.0.0/8 }

"""

ROUTES = """routes:
  - { prefix: /nginx, policy: nginx }
  - { prefix: /haproxy, policy: haproxy }
  - { prefix: /lists, policy: lists }
"""


class Lists(http.server.BaseHTTPRequestHandler):
    """A status list that its issuer has signed (draft-ietf-oauth-status-list)."""

    def do_GET(self):
        body = self.server.lists.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/statuslist+jwt")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve_lists(site):
    """At /lists/good the third token is revoked; /lists/forged is signed by somebody else."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"http://127.0.0.1:{server.server_port}/lists/"
    claims = {"status_list": {"bits": 1, "lst": encode(zlib.compress(bytes([0b1000]) + bytes(15)))}, "ttl": 600}

    def signed(key, name):
        options = ["--type", "statuslist+jwt", "--claim", "sub=" + place + name]
        return site.token(key, claims=claims, options=options).encode()

    server.lists = {"/lists/good": signed("a", "good"), "/lists/forged": signed("stranger", "forged")}
    return place


def prepare(site):
    """The example with other policies, TLS in front of both proxies."""
    text = site.read("gateway.yaml")
    site.lists = serve_lists(site)
    text = text[:text.index("policies:")] + POLICIES % site.lists + text[text.index("# The first route"):]
    for prefix in ("/public", "/catalogue", "/admin", "/tenants", "/orders"):
        text = text.replace(f"- prefix: {prefix}\n", f"- prefix: {prefix}\n    policy: orders\n")
    site.write("gateway.yaml", text.replace("routes:\n", ROUTES, 1))
    site.write("csrf.secret", "a secret of thirty-two bytes, and more")
    site.write("revoked.jsonl", "")
    certificates.authority(site)
    for name in ("server", "client", "other"):
        certificates.issue(site, name)
    nginx = (f"listen 127.0.0.1:{site.ports[8080]} ssl;\n        ssl_certificate server.pem;\n        ssl_certificate_key server.key;\n"
             "        ssl_client_certificate ca.pem;\n        ssl_verify_client optional;")
    site.write("nginx.conf", site.read("nginx.conf").replace(f"listen 127.0.0.1:{site.ports[8080]};", nginx))
    haproxy = f"bind 127.0.0.1:{site.ports[8081]}"
    site.write("haproxy.cfg", site.read("haproxy.cfg").replace(haproxy, haproxy + " ssl crt server.both ca-file ca.pem verify optional"))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def csrf(secret, session):
    """A token against forgery as whoever sets the cookie makes it: random bytes and their MAC with the session."""
    random = secrets.token_bytes(16)
    parts = [b"CSRF token", session.encode(), random]
    message = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return encode(random + hmac.digest(secret.encode(), message, "sha256"))


def test(site, port, name, check):
    context = certificates.context(site)

    def ask(fields=(), method="GET", path="/orders/7", tls=context):
        status, headers, body = site.ask(port, path, None, fields, method, tls)
        return status, dict(headers), body

    def bearer(token):
        return ("Authorization", "Bearer " + token)

    def bad(fields):
        status, headers, body = ask(fields)
        return status, sorted(headers.items()), body

    # Proofs
    prover, stranger = Prover(), Prover()
    bound = site.token(claims={"scope": "orders:read", "cnf": {"jkt": prover.thumbprint}})
    status, headers, _ = ask([("Authorization", "DPoP " + bound), ("DPoP", prover.proof(bound, URI))])
    nonce = headers.get("dpop-nonce")
    check(status == 401 and nonce and "use_dpop_nonce" in headers["www-authenticate"], f"{name}: a nonce is asked for: {status} {headers}")
    proof = prover.proof(bound, URI, nonce=nonce)
    status, headers, body = ask([("Authorization", "DPoP " + bound), ("DPoP", proof)])
    check(status == 200 and ["x-auth-subject", "alice"] in json.loads(body)["fields"], f"{name}: a proof passes: {status} {headers}")
    check("ratelimit" in headers and "ratelimit-policy" in headers, f"{name}: the client learns its limit: {headers}")
    wrong = {
        "replayed": proof, "of another URI": prover.proof(bound, URI + "8", nonce=nonce), "of another method": prover.proof(bound, URI, "POST", nonce),
        "by another key": stranger.proof(bound, URI, nonce=nonce), "of another token": prover.proof("x", URI, nonce=nonce),
        "old": prover.proof(bound, URI, nonce=nonce, iat=int(time.time()) - 600), "none": "a.b.c",
    }
    answers = {}
    for cause, proof in wrong.items():
        answers.setdefault(repr(bad([("Authorization", "DPoP " + bound), ("DPoP", proof)])), []).append(cause)
    check(len(answers) == 1 and "(401," in next(iter(answers)) and "invalid_dpop_proof" in next(iter(answers)),
          f"{name}: bad proofs can be told apart: {answers}")
    check(bad([bearer(bound)]) == bad([bearer("a.b.c")]), f"{name}: a bound token is no bearer token")

    # Limits
    poor = site.token(claims={"scope": "orders:read", "plan": "tiny"}, options=["--claim", "sub=" + name])
    seen = [ask([bearer(poor)]) for _ in range(3)]
    check([status for status, _, _ in seen] == [200, 200, 429], f"{name}: limits: {seen}")
    check(int(seen[2][1].get("retry-after", 0)) > 1700 and '"tiny";r=0' in seen[2][1].get("ratelimit", ""), f"{name}: 429: {seen[2]}")
    check(seen[0][1].get("ratelimit", "").startswith('"tiny";r=1'), f"{name}: what is left: {seen[0]}")

    # Cookies
    good = site.token(claims={"scope": "orders:write", "sid": "s"})
    cookie, origin = ("Cookie", "__Host-token=" + good), ("Origin", "https://app.example")
    empty = ("Content-Length", "0")
    check(ask([("Cookie", "__Host-token=" + site.token())])[0] == 200, f"{name}: a cookie")
    check(ask([cookie, empty], "POST")[0] == 403, f"{name}: a cookie from nowhere")
    check(ask([cookie, empty, ("Origin", "https://evil.example")], "POST")[0] == 403, f"{name}: a cookie from elsewhere")
    check(ask([cookie, empty, origin], "POST")[0] == 403, f"{name}: no token against forgery")
    session = encode(hashlib.sha256(good.encode()).digest())
    for right, status in ((csrf(site.read("csrf.secret"), session), 200), (csrf("another secret of thirty-two bytes", session), 403)):
        both = [("Cookie", cookie[1] + "; __Host-csrf=" + right), ("X-CSRF-Token", right)]
        check(ask([*both, empty, origin], "POST")[0] == status, f"{name}: a token against forgery: {status}")
        check(ask([*both, empty, ("Origin", "https://evil.example")], "POST")[0] == 403, f"{name}: from elsewhere all the same")
    check(ask([bearer(good), cookie])[0] == 400, f"{name}: cookie and field")
    check(ask([bearer(good), empty], "POST")[0] == 200, f"{name}: a field needs no guard")

    # Pages of another origin
    status, headers, _ = ask([origin])
    check(status == 401 and headers.get("access-control-allow-origin") == origin[1] and "www-authenticate" in headers, f"{name}: CORS: {headers}")
    check("access-control-allow-origin" not in ask([("Origin", "https://evil.example")])[1], f"{name}: CORS for anybody")
    status, headers, _ = ask([origin, ("Access-Control-Request-Method", "POST")], "OPTIONS")
    check(status == 204 and headers.get("access-control-allow-methods") == "GET, POST", f"{name}: preflight: {status} {headers}")
    check(ask([origin, ("Access-Control-Request-Method", "DELETE")], "OPTIONS")[0] == 403, f"{name}: preflight of another method")

    # Certificates
    path = "/" + name.lower()
    certified = site.token(claims={"cnf": {"x5t#S256": certificates.thumbprint(site, "client")}})
    client, other = certificates.context(site, "client"), certificates.context(site, "other")
    check(ask([bearer(certified)], path=path, tls=client)[0] == 200, f"{name}: a certificate")
    pem = site.read("client.pem")
    forged = [("Client-Cert", ":" + "".join(pem.split("\n")[1:-2]) + ":"), ("X-SSL-Client-Cert", pem.replace("\n", "%0A").replace("+", "%2B"))]
    for what, more, tls in (("another", (), other), ("none", (), context), ("forged", forged, context), ("forged beside another", forged, other)):
        check(ask([bearer(certified), *more], path=path, tls=tls)[0] == 401, f"{name}: {what} certificate")
    check(ask([bearer(site.token())], path=path, tls=client)[0] == 401, f"{name}: a token without a certificate")


def settle(site):
    """Proofs from the second in which a gateway starts, and before, may have been used with the one before it: it refuses them."""
    site.wait_until_ready()
    time.sleep(1.1)


def revocation(site, check):
    token = site.token(options=["--claim", "jti=gone"])
    check(site.ask(9180, "/envoy/orders/7", token)[0] == 200, "a token that is not revoked yet")
    with open(site.path("revoked.jsonl"), "a") as file:
        file.write('{"iss":"https://id.example","jti":"gone","exp":4102444800}\n')
    status = 200
    for _ in range(400):
        status = site.ask(9180, "/envoy/orders/7", token)[0]
        if status != 200:
            break
        time.sleep(0.025)
    check(status == 401, f"a revoked token: {status}")
    check(site.ask(9180, "/envoy/orders/7", site.token())[0] == 200, "another token")


def status_lists(site, check):
    def status(index, name="good", until=None):
        """Asked until the list has been fetched: the first token that names one does not wait for it."""
        token = site.token(claims={"status": {"status_list": {"idx": index, "uri": site.lists + name}}})
        for _ in range(400 if until else 1):
            got = site.ask(9180, "/envoy/lists/x", token)[0]
            if got == until:
                break
            time.sleep(0.025)
        return got

    check(status(2, until=200) == 200, "a token whose status is good")
    check(status(3) == 401, "a token that its list revokes")
    check(status(4) == 200 and status(1000) == 503, "the next one, and one beyond the list")
    check(status(2, "forged") == 503 and status(2, "absent") == 503, "lists of nobody: closed")
    check(site.ask(9180, "/envoy/lists/x", site.token())[0] == 200, "a token without a status")
    time.sleep(0.2)
    check(status(2, "forged") == 503, "a list that another has signed")


def readme(site, check):
    """What Examples/README.md shows is a configuration, in the example's place."""
    with open(os.path.join(ROOT, "Examples", "README.md")) as file:
        shown = file.read().split("```yaml\n")[1].split("```")[0]
    with open(os.path.join(ROOT, "Examples", "gateway.yaml")) as file:
        text = file.read()
    site.write("readme.yaml", text[:text.index("policies:")] + shown + text[text.index("# The first route"):])
    run = subprocess.run([site.tool, "serve", "--check", "readme.yaml"], cwd=site.folder, capture_output=True, text=True)
    check(run.returncode == 0, f"Examples/README.md: {run.stderr}")


def reload(site, gateway, check):
    """Neither proofs nor buckets come back."""
    poor = site.token(claims={"scope": "orders:read", "plan": "tiny"}, options=["--claim", "sub=reload"])
    for _ in range(2):
        check(site.ask(9180, "/envoy/orders/7", poor)[0] == 200, "two requests of the plan")
    before = site.read("gateway.log").count("configuration reloaded")
    site.reload(gateway)
    for _ in range(400):
        if site.read("gateway.log").count("configuration reloaded") > before:
            break
        time.sleep(0.025)
    check(site.ask(9180, "/envoy/orders/7", poor)[0] == 429, "a reload fills no bucket")
    check(site.ask(9180, "/envoy/orders/7", site.token(options=["--claim", "jti=gone"]))[0] == 401, "a reload revives no token")
