"""Kills the token service at random moments under load, and looks whether it has lost, doubled or brought back anything.

    crash.py FASTVERIFY [--kills 200] [--store sqlite|postgres] [--seed N]

Clients log in, refresh and log out, and note what they were answered. After each `kill -9` the service starts again, and then
- the last refresh token that a client was given is good, or, where its answer was lost on the way, gives the same successor twice;
- a session whose logout was answered is over;
- in the end the chain of the audit log is whole, and no session has two unused refresh tokens.
PostgreSQL: scripts/with-postgres.sh Tests/TokenService/crash.py …
"""
import argparse
import base64
import copy
import http.client
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "correct horse battery staple"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    def __init__(self, tool, folder, database):
        self.tool, self.folder, self.port, self.process = os.path.abspath(tool), folder, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"
        self.issuer("init", "--issuer", self.url, "--listen", f"127.0.0.1:{self.port}", "--audience", "orders", "--database", database)
        # A restart takes less; and nothing ends by itself meanwhile.
        self.settings(refreshGrace=120)
        self.issuer("user", "add", "alice", text=PASSWORD + "\n")

    def settings(self, **changes):
        file = os.path.join(self.folder, "issuer", "issuer.json")
        with open(file) as old:
            values = {**json.load(old), **changes}
        with open(file, "w") as new:
            json.dump(values, new)

    def twin(self):
        """Another instance of the same service, elsewhere on this machine."""
        twin = copy.copy(self)
        twin.port, twin.folder = free_port(), os.path.join(self.folder, "twin")
        shutil.copytree(os.path.join(self.folder, "issuer"), os.path.join(twin.folder, "issuer"))
        twin.settings(listen=f"127.0.0.1:{twin.port}")
        return twin

    def issuer(self, *arguments, text=None):
        return subprocess.run([self.tool, "issuer", *arguments], cwd=self.folder, input=text, capture_output=True, text=True, check=True).stdout

    def start(self):
        self.process = subprocess.Popen([self.tool, "issuer", "run", "--log-level", "critical"], cwd=self.folder,
                                        stderr=subprocess.DEVNULL)
        for _ in range(1000):
            try:
                if self.ask("GET", "/ready")[0] == 204:
                    return
            except OSError:
                time.sleep(0.01)
        sys.exit("the service does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, method, path, body=None):
        return self.send(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})

    def ask_form(self, path, body, authorization):
        return self.send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization})

    def send(self, method, path, body, fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class Session:
    """What a client knows of its session."""

    def __init__(self, token):
        self.token = token
        # The request whose answer has not come: None, "refresh" or "logout".
        self.pending = None
        self.is_over = False


class Client(threading.Thread):
    def __init__(self, service, seed):
        super().__init__(daemon=True)
        self.service, self.random, self.sessions, self.wrong, self.stops = service, random.Random(seed), [], [], False
        self.counts = {"login": 0, "refresh": 0, "logout": 0}

    def run(self):
        while not self.stops:
            try:
                self.step()
            except (OSError, http.client.HTTPException):
                return  # the service is gone

    def step(self):
        open_sessions = [one for one in self.sessions if not one.is_over and one.pending is None]
        if len(open_sessions) < 3 or self.random.random() < 0.05:
            status, body = self.service.ask("POST", "/api/auth/login", {"username": "alice", "password": PASSWORD})
            if status == 429:
                time.sleep(0.05)
            elif status != 200:
                self.wrong.append(f"login: {status}")
            else:
                self.sessions.append(Session(json.loads(body)["refreshToken"]))
                self.counts["login"] += 1
            if status != 429 or not open_sessions:
                return
        session = self.random.choice(open_sessions)
        if self.random.random() < 0.1:
            session.pending = "logout"
            status, _ = self.service.ask("POST", "/api/auth/logout", {"refreshToken": session.token})
            session.pending = None
            session.is_over = status == 204
            self.counts["logout"] += 1
        else:
            session.pending = "refresh"
            status, body = self.service.ask("POST", "/api/auth/refresh", {"refreshToken": session.token})
            session.pending = None
            if status == 200:
                session.token = json.loads(body)["refreshToken"]
                self.counts["refresh"] += 1
            else:
                self.wrong.append(f"refresh of a good token: {status}")

    def check(self):
        """After a restart, alone."""
        for session in self.sessions:
            def refresh():
                status, body = self.service.ask("POST", "/api/auth/refresh", {"refreshToken": session.token})
                return status, json.loads(body).get("refreshToken")
            if session.is_over:
                if refresh()[0] != 401:
                    self.wrong.append("a session that was logged out came back")
            elif session.pending == "logout":
                # Answered or not; whichever it is, it stays.
                status, token = refresh()
                session.is_over = status == 401
                session.token = token or session.token
            else:
                first = refresh()
                # Whether or not the answer before the crash was lost: there is one successor.
                again = refresh()
                if first[0] != 200 or again != first:
                    self.wrong.append(f"lost or doubled ({session.pending}): {first[0]}, {again[0]}, {first[1] == again[1]}")
                session.token = first[1] or session.token
            session.pending = None
        # What is over is looked at once.
        self.sessions = [one for one in self.sessions if not one.is_over]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="fastverify-crash-") as folder:
        if options.store == "postgres":
            schema = "crash" + base64.b32encode(os.urandom(10)).decode().lower()
            server = os.environ["FASTVERIFY_POSTGRES"]
            words = dict(word.split("=", 1) for word in server.split())
            subprocess.run(["psql", "-q", "-h", words["host"], "-U", words["user"], "-d", words["dbname"], "-c", f"CREATE SCHEMA {schema}"], check=True)
            database = f"{server} options=-csearch_path={schema}"
        else:
            database = "issuer.db"
        service = Service(options.tool, folder, database)
        clients = [Client(service, chance.random()) for _ in range(4)]
        totals = {"login": 0, "refresh": 0, "logout": 0}
        for _ in range(options.kills):
            service.start()
            for client in clients:
                client.check()
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.02, 0.4))
            service.kill()
            for client in clients:
                client.join()
            wrong = [text for client in clients for text in client.wrong]
            if wrong:
                sys.exit(f"{options.store}, seed {options.seed}: {wrong[:10]}")
            for client in clients:
                for name, count in client.counts.items():
                    totals[name] += count
            # Threads start once; what they know goes on.
            heirs = []
            for client in clients:
                heir = Client(service, chance.random())
                heir.sessions = client.sessions
                heirs.append(heir)
            clients = heirs
        audit = service.issuer("audit", "--check").split()
        if options.store == "sqlite":
            with sqlite3.connect(os.path.join(folder, "issuer", "issuer.db")) as file:
                doubled = file.execute("SELECT session_id FROM refresh_tokens WHERE uses = 0 GROUP BY session_id HAVING COUNT(*) > 1").fetchall()
                if doubled:
                    sys.exit(f"{len(doubled)} sessions have two unused refresh tokens")
        print(f"{options.store}: {options.kills} kills, {totals['login']} logins, {totals['refresh']} refreshes, {totals['logout']} logouts answered; "
              f"nothing lost, doubled or brought back; audit {' '.join(audit[:4])}")


if __name__ == "__main__":
    main()
