"""Two processes of the token service on one database, and a gateway that follows one of them: what happens at the other one counts within a second.

    instances.py FASTVERIFY [--store sqlite|postgres] [--rounds 5]

PostgreSQL: scripts/with-postgres.sh Tests/TokenService/instances.py …
"""
import argparse
import base64
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from crash import PASSWORD, Service, free_port  # noqa: E402

# A verifier that fetches a list keeps it for a second, and looks again a little before.
BOUND, LIST_BOUND = 1.0, 3.0


class Gateway:
    """One policy that follows the feed, one that fetches status lists."""

    def __init__(self, tool, folder, service, authorization):
        self.port, admin = free_port(), free_port()
        with open(os.path.join(folder, "authorization"), "w") as file:
            file.write(authorization + "\n")
        os.chmod(os.path.join(folder, "authorization"), 0o600)
        near = "allow_http: true\n      allow_addresses: [127.0.0.1]"
        base = f"http://127.0.0.1:{service.port}"
        with open(os.path.join(folder, "gateway.yaml"), "w") as file:
            file.write(f"""
issuers:
  id:
    issuer: {service.url}
    keys: {{ url: "{base}/.well-known/jwks.json" }}
    allow_http: true
    allow_addresses: [127.0.0.1]
    cool_down: 1s
policies:
  feed:
    audience: orders
    algorithms: ES256
    types: [at+jwt]
    revocation:
      feed: {{ events: "{base}/revocations" }}
      authorization: authorization
      {near}
      outage: closed
  lists:
    audience: orders
    algorithms: ES256
    types: [at+jwt]
    revocation:
      status_lists: ["{base}/status-lists/"]
      list_age: 1s
      {near}
      outage: closed
routes:
  - prefix: /feed
    policy: feed
  - prefix: /lists
    policy: lists
listen:
  auth: 127.0.0.1:{self.port}
  admin: 127.0.0.1:{admin}
""")
        self.process = subprocess.Popen([tool, "serve", "gateway.yaml", "--log-level", "error"], cwd=folder)

    def status(self, path, token):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/auth", headers={"Authorization": f"Bearer {token}", "X-Original-URI": path, "X-Original-Method": "GET"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def seconds_until(self, accepts, path, token, bound):
        """How long until the gateway says so; the test ends where that takes longer than the bound."""
        start = time.monotonic()
        while True:
            try:
                if (self.status(path, token) < 300) == accepts:
                    return time.monotonic() - start
            except OSError:
                pass
            if time.monotonic() - start > bound:
                sys.exit(f"FAILED: {self.status(path, token)}, not {'accepted' if accepts else 'refused'} at {path} within {bound} s")
            time.sleep(0.005)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    tool = os.path.abspath(arguments.tool)
    with tempfile.TemporaryDirectory(prefix="fastverify-instances-") as folder:
        database = os.environ["FASTVERIFY_POSTGRES"] if arguments.store == "postgres" else os.path.join(folder, "issuer.db")
        first = Service(tool, folder, database)
        first.settings(statusListAge=1, loginsPerNameAndAddress=1000)
        secret = first.issuer("client", "add", "gateway", "--scope", "revocations:read").strip()
        authorization = "Basic " + base64.b64encode(f"gateway:{secret}".encode()).decode()
        second = first.twin()
        first.start()
        second.start()
        gateway = Gateway(tool, folder, first, authorization)
        try:
            story(first, second, gateway, arguments.rounds, authorization)
        finally:
            for service in (first, second):
                service.kill()
            gateway.process.kill()
            gateway.process.wait()


def story(first, second, gateway, rounds, authorization):
    def login(service):
        status, text = service.ask("POST", "/api/auth/login", {"username": "alice", "password": PASSWORD})
        check(status == 200, f"login: {status}")
        return json.loads(text)

    def introspected(service, token):
        status, text = service.ask_form("/oauth/introspect", f"token={token}", authorization)
        check(status == 200, f"introspection: {status}")
        return json.loads(text)["active"]

    warm = login(first)
    for path in ("/feed", "/lists"):
        gateway.seconds_until(True, path, warm["accessToken"], 20)
    times = {"logout, feed": [], "logout, list": [], "key, feed": []}
    for _ in range(rounds):
        # Tokens of one instance, everything else at the other.
        grant, other = login(first), login(first)
        gateway.seconds_until(True, "/feed", grant["accessToken"], BOUND)
        gateway.seconds_until(True, "/lists", grant["accessToken"], BOUND)
        check(introspected(second, grant["accessToken"]), "a good token is inactive at the other instance")
        status, text = second.ask("POST", "/api/auth/refresh", {"refreshToken": grant["refreshToken"]})
        check(status == 200, f"refresh at the other instance: {status}")
        grant = {**grant, "refreshToken": json.loads(text)["refreshToken"]}
        status, _ = second.ask("POST", "/api/auth/logout", {"refreshToken": grant["refreshToken"]})
        check(status == 204, f"logout: {status}")
        start = time.monotonic()
        times["logout, feed"].append(gateway.seconds_until(False, "/feed", grant["accessToken"], BOUND))
        gateway.seconds_until(False, "/lists", grant["accessToken"], LIST_BOUND)
        times["logout, list"].append(time.monotonic() - start)
        for service in (first, second):
            check(not introspected(service, grant["accessToken"]), "a token of a session that is over is active")
            status, _ = service.ask("POST", "/api/auth/refresh", {"refreshToken": grant["refreshToken"]})
            check(status == 401, f"a session that is over is refreshed: {status}")
        check(gateway.status("/feed", other["accessToken"]) < 300, "another session's token is refused")
        check(gateway.status("/lists", other["accessToken"]) < 300, "another session's token is refused by list")

    # A key that is taken back by a third process, the command line: no instance signs with it any more.
    grant = login(first)
    gateway.seconds_until(True, "/feed", grant["accessToken"], BOUND)
    kid = json.loads(base64.urlsafe_b64decode(grant["accessToken"].split(".")[0] + "=="))["kid"]
    second.issuer("keys", "revoke", kid)
    times["key, feed"].append(gateway.seconds_until(False, "/feed", grant["accessToken"], BOUND))
    for service in (first, second):
        end = time.monotonic() + BOUND
        while True:
            token = login(service)["accessToken"]
            now = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
            if now != kid:
                break
            check(time.monotonic() < end, "a key that was taken back signs")
        gateway.seconds_until(True, "/feed", token, 5)
    for name, values in times.items():
        values.sort()
        print(f"{name}: refused after {1000 * values[len(values) // 2]:.0f} ms, at most {1000 * values[-1]:.0f} ms ({len(values)})")


main()
