"""Looks for secrets where none belong: in the token service's log at its most talkative, its database, its audit log, its answers to mistakes.

    secrets.py FASTVERIFY
"""
import base64
import glob
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
from crash import PASSWORD, Service  # noqa: E402

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def main():
    with tempfile.TemporaryDirectory(prefix="fastverify-secrets-") as folder:
        service = Service(sys.argv[1], folder, "issuer.db")
        secret = service.issuer("client", "add", "billing", "--scope", "orders:read").strip()
        with open(os.path.join(folder, "issuer", "sealing.key")) as file:
            sealing = file.read().strip()
        log = open(os.path.join(folder, "log"), "wb")
        service.process = subprocess.Popen([service.tool, "issuer", "run", "--log-level", "trace"], cwd=folder, stdout=log, stderr=log)
        for _ in range(500):
            try:
                service.ask("GET", "/ready")
                break
            except OSError:
                time.sleep(0.01)

        answers = b""
        secrets = {"password": PASSWORD, "client secret": secret, "sealing key": sealing,
                   "sealing key, raw": base64.urlsafe_b64decode(sealing + "=")}

        def ask(path, body, fields):
            connection = http.client.HTTPConnection("127.0.0.1", service.port)
            connection.request("POST", path, body, fields)
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            return answer.status, text

        def login(password):
            return ask("/api/auth/login", json.dumps({"username": "alice", "password": password}), {"Content-Type": "application/json"})

        for number in range(3):
            status, text = login(PASSWORD)
            assert status == 200, (status, text)
            grant = json.loads(text)
            status, text = ask("/api/auth/refresh", json.dumps({"refreshToken": grant["refreshToken"]}), {"Content-Type": "application/json"})
            assert status == 200
            for name, one in (("first", grant), ("second", json.loads(text))):
                secrets[f"{name} access token {number}"] = one["accessToken"]
                secrets[f"signature of {name} access token {number}"] = one["accessToken"].rpartition(".")[2]
                secrets[f"{name} refresh token {number}"] = one["refreshToken"]
                secrets[f"{name} refresh token {number}, raw"] = base64.urlsafe_b64decode(one["refreshToken"][4:] + "=")
        # Pages: the cookie holds a refresh token.
        page = {**FORM, "Origin": f"http://127.0.0.1:{service.port}"}
        connection = http.client.HTTPConnection("127.0.0.1", service.port)
        connection.request("POST", "/login", urllib.parse.urlencode({"username": "alice", "password": PASSWORD}), page)
        answer = connection.getresponse()
        answer.read()
        cookie = answer.getheader("Set-Cookie").split(";")[0]
        assert answer.status == 303 and cookie.startswith("__Host-session=fvr_"), answer.status
        secrets["cookie of a page"] = token = cookie.partition("=")[2]
        secrets["cookie of a page, raw"] = base64.urlsafe_b64decode(token[4:] + "=")
        basic = {**FORM, "Authorization": "Basic " + base64.b64encode(f"billing:{secret}".encode()).decode()}
        status, text = ask("/oauth/token", "grant_type=client_credentials", basic)
        assert status == 200
        secrets["client's access token"] = json.loads(text)["access_token"]
        secrets["administrator's secret"] = root = service.issuer("client", "add", "root", "--scope", "issuer:admin").strip()
        status, text = ask("/oauth/token", f"grant_type=client_credentials&client_id=root&client_secret={root}", FORM)
        assert status == 200
        secrets["administrator's access token"] = token = json.loads(text)["access_token"]
        administrator = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
        secrets["password of a user that was added"] = added = "pa55word-of-an-added-user"
        status, text = ask("/api/admin/users", json.dumps({"name": "added", "password": added}), administrator)
        assert status == 201
        answers += text
        answers += ask("/api/admin/users", json.dumps({"name": "added", "password": added}), administrator)[1]
        answers += ask("/api/admin/users", json.dumps({"name": added, "password": [added], added: added}), administrator)[1]
        status, text = ask("/api/admin/clients", "{}", administrator)
        assert status == 201
        secrets["secret of a client that was added"] = json.loads(text)["secret"]
        # Mistakes, whose answers and log lines must not repeat what was sent.
        secrets["wrong password"] = wrong = "wr0ng-pa55word-of-alice"
        answers += login(wrong)[1]
        answers += ask("/oauth/token", f"grant_type=client_credentials&client_id=billing&client_secret={wrong}", FORM)[1]
        answers += ask("/oauth/token", f"grant_type=refresh_token&refresh_token={grant['refreshToken']}x", FORM)[1]
        answers += ask("/oauth/introspect", f"token={grant['accessToken']}", FORM)[1]
        answers += ask("/api/auth/login", f'{{"username":"alice","password":"{wrong}"', {"Content-Type": "application/json"})[1]
        answers += ask("/login", urllib.parse.urlencode({"username": "alice", "password": wrong}), page)[1]
        answers += ask("/logout", "csrf=x", {**page, "Cookie": cookie})[1]
        answers += ask("/api/auth/sessions", "", {"Authorization": "Bearer " + grant["accessToken"] + "x"})[1]

        # A crash leaves no core file with all that in it.
        service.process.send_signal(signal.SIGABRT)
        service.process.wait()
        log.close()
        found = []
        if glob.glob(os.path.join(folder, "core*")):
            found.append("a core file")
        places = {"the answers to mistakes": answers, "the audit log": service.issuer("audit").encode()}
        for path in [os.path.join(folder, "log"), *glob.glob(os.path.join(folder, "issuer", "issuer.db*"))]:
            with open(path, "rb") as file:
                places[os.path.basename(path)] = file.read()
        for place, data in places.items():
            for name, value in secrets.items():
                if (value if isinstance(value, bytes) else value.encode()) in data:
                    found.append(f"{name} in {place}")
            if b'"d":' in data:
                found.append(f"a private key in {place}")
        if b"alice" not in places["issuer.db"] + places.get("issuer.db-wal", b"") or b'"what":"login"' not in places["the audit log"]:
            sys.exit("the database or the audit log is not what was looked at")
        if found:
            sys.exit("\n".join(found))
        print(f"{len(secrets)} secrets looked for in {len(places)} places: none found")


main()
