#!/usr/bin/env python3
"""A real browser at a site with cookies, and two sites that attack it: run.py BROWSER-SITE.

The site is http://localhost:A. http://localhost:B is another origin of the same site, as a subdomain would be; http://127.0.0.1:B is
another site. Leaves nothing running.
"""
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from chromium import Chromium

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><title>attacker</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Attacker(http.server.ThreadingHTTPServer):
    daemon_threads = True


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


FETCH = """(async () => {{
    try {{
        const answer = await fetch({url!r}, {options});
        return answer.status + " " + (await answer.text()).slice(0, 40);
    }} catch (error) {{ return "blocked"; }}
}})()"""
FORM = """(() => {{
    const form = document.createElement("form");
    form.method = "POST"; form.action = {url!r};
    for (const [name, value] of Object.entries({members})) {{
        const input = document.createElement("input");
        input.name = name; input.value = value; form.append(input);
    }}
    document.body.append(form); form.submit();
}})()"""
TOKEN = "document.cookie.match(/__Host-csrf=([^;]*)/)[1]"


def main(program):
    port, other = free_port(), free_port()
    site, near, far = f"http://localhost:{port}", f"http://localhost:{other}", f"http://127.0.0.1:{other}"
    server = subprocess.Popen([program, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    attacker = Attacker(("127.0.0.1", other), Page)
    threading.Thread(target=attacker.serve_forever, daemon=True).start()
    browser = None

    def last():
        """What the site wrote down last: method, path, cookies, status."""
        with urllib.request.urlopen(f"{site}/record") as answer:
            lines = [line.split(" ") for line in answer.read().decode().split("\n")]
        # Now and then a browser asks for an icon, which no page here has named.
        return [line for line in lines if line[1:2] != ["/favicon.ico"]][-1]

    def fetch(path, options):
        return browser.run(FETCH.format(url=site + path, options=options))

    def post_form(members="{}"):
        browser.run(FORM.format(url=f"{site}/orders", members=members), loads=True)

    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(site).close()
                break
            except OSError:
                time.sleep(0.05)
        browser = Chromium()

        # The session: set over http, because browsers trust localhost as if it had TLS; half of it is out of reach of scripts.
        browser.go(site)
        check(fetch("/me", "{}").startswith("401"), "anonymous")
        check(fetch("/login", "{method: 'POST'}").startswith("204"), "login")
        visible = browser.run("document.cookie")
        check("__Host-csrf=" in visible and "__Host-token" not in visible, f"HttpOnly: {visible}")
        jar = {cookie["name"]: cookie for cookie in browser.send("Storage.getCookies")["cookies"]}
        token, csrf = jar.get("__Host-token", {}), jar.get("__Host-csrf", {})
        check(token.get("httpOnly") and token.get("secure") and token.get("sameSite") == "Lax", f"token cookie: {token}")
        check(not csrf.get("httpOnly") and csrf.get("secure") and csrf.get("sameSite") == "Strict", f"csrf cookie: {csrf}")
        browser.run("document.cookie = '__Host-token=planted; Path=/; Secure'")
        check(fetch("/me", "{}") == "200 alice", "scripts cannot overwrite the cookie")

        # What the site's own pages may do.
        passing = fetch("/orders", f"{{method: 'POST', headers: {{'X-CSRF-Token': {TOKEN}}}}}")
        check(passing == "200 ordered for alice", f"same origin with the token: {passing}")
        check(fetch("/orders", "{method: 'POST'}").startswith("403"), "same origin without the token")
        check(fetch("/orders", "{method: 'POST', headers: {'X-CSRF-Token': 'x'}}").startswith("403"), "a wrong token")
        post_form()
        check(last() == ["POST", "/orders", "__Host-csrf,__Host-token", "403"], f"own form without the token: {last()}")
        browser.go(site)
        post_form(f"{{csrf: {TOKEN}}}")
        check(last() == ["POST", "/orders", "__Host-csrf,__Host-token", "200"], f"own form with the token: {last()}")

        # Other sites.
        simple = "{method: 'POST', mode: 'no-cors', credentials: 'include'}"
        for origin, name, cookies in [(far, "another site", ""), (near, "another origin of the site", "__Host-csrf,__Host-token")]:
            browser.go(origin)
            post_form()
            expected = ["POST", "/orders", cookies, "403" if cookies else "401"]
            check(last() == expected, f"form of {name}: {last()}")
            browser.go(origin)
            fetch("/orders", simple)
            check(last()[1] == "/orders" and last()[3] in ("401", "403"), f"fetch of {name}: {last()}")
            check(fetch("/me", "{credentials: 'include'}") == "blocked", f"{name} reads an answer")
            field = fetch("/orders", "{method: 'POST', credentials: 'include', headers: {'X-CSRF-Token': 'x'}}")
            check(field == "blocked", f"{name} sends a field: {field}")
            browser.run(FORM.format(url=f"{site}/login", members="{}"), loads=True)
            check(last()[1] == "/login" and last()[3] == "403", f"login by {name}: {last()}")

        # The same where the browser sends the cookie everywhere, so that the guard stands alone.
        browser.go(site)
        check(fetch("/login-everywhere", "{method: 'POST'}").startswith("204"), "login with SameSite=None")
        browser.go(far)
        post_form()
        check(last()[1:] == ["/orders", "__Host-token", "403"], f"form of another site, SameSite=None: {last()}")
        browser.go(far)
        fetch("/orders", simple)
        check(last()[1] == "/orders" and last()[3] in ("401", "403"), f"fetch of another site, SameSite=None: {last()}")

        browser.go(site)
        check(fetch("/logout", "{method: 'POST'}").startswith("204"), "logout")
        check(browser.run("document.cookie") == "" and fetch("/me", "{}").startswith("401"), "nothing is left")
    finally:
        if browser:
            browser.close()
        server.send_signal(signal.SIGTERM)
        server.wait()
        attacker.shutdown()
    print(f"browser: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
