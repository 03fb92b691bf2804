"""The pages of the token service in a real browser that runs no scripts, and two sites that attack them.

    pages.py FASTVERIFY [--pictures FOLDER]

The pages are at http://127.0.0.1:A. http://127.0.0.1:B is another origin of the same site, http://localhost:B another site. Leaves nothing running.
"""
import argparse
import base64
import http.client
import http.server
import json
import os
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Browser"))
from chromium import Chromium  # noqa: E402
from crash import PASSWORD, Service, free_port  # noqa: E402

# As long as a label gets, without a place to break the line.
HOSTILE = "<script>document.title='owned'</script>\"><img src=x onerror=\"document.title='owned'\">" + "A" * 200
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)


class Browser(Chromium):
    """Uses pages as people do: by keys and clicks. Notes what the browser complains about."""

    def __init__(self):
        self.complaints = []
        super().__init__()
        for domain in ("DOM", "Log", "Runtime", "Audits", "Network"):
            self.send(f"{domain}.enable")
        self.scripts(False)

    def receive(self):
        message = super().receive()
        method, parameters = message.get("method"), message.get("params", {})
        # Now and then a browser asks for an icon, which no page names.
        if "/favicon.ico" in json.dumps(parameters):
            return message
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("warning", "error"):
            self.complaints.append(parameters["entry"]["text"])
        elif method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Audits.issueAdded"):
            self.complaints.append(json.dumps(parameters))
        return message

    def scripts(self, run):
        self.send("Emulation.setScriptExecutionDisabled", value=not run)

    def find(self, selector):
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        return self.send("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]

    def sees(self, selector):
        """Whether there is such an element, or soon will be: focus comes a frame after the page."""
        for _ in range(500):
            if self.find(selector):
                return True
            time.sleep(0.01)
        return False

    def html(self, selector="html"):
        found = self.find(selector)
        return self.send("DOM.getOuterHTML", nodeId=found[0])["outerHTML"] if found else ""

    def type(self, selector, text):
        self.send("DOM.focus", nodeId=self.find(selector)[0])
        self.send("Input.insertText", text=text)

    def press(self, key, code, text=None):
        """A key that leads to another page."""
        self.events.clear()
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
        self.loaded()

    def click(self, selector):
        """Clicks on what leads to another page."""
        node = self.find(selector)[0]
        self.send("DOM.scrollIntoViewIfNeeded", nodeId=node)
        box = self.send("DOM.getBoxModel", nodeId=node)["model"]["content"]
        place = {"x": (box[0] + box[4]) / 2, "y": (box[1] + box[5]) / 2, "button": "left", "clickCount": 1}
        self.events.clear()
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **place)
        self.loaded()

    def back(self):
        history = self.send("Page.getNavigationHistory")
        self.events.clear()
        self.send("Page.navigateToHistoryEntry", entryId=history["entries"][history["currentIndex"] - 1]["id"])
        # A page that was kept whole is shown without being loaded.
        while not (shown := [event for event in self.events if event.get("method") == "Page.frameNavigated"]):
            self.events.append(self.receive())
        if shown[0]["params"].get("type") != "BackForwardCacheRestore":
            self.loaded()

    def attack(self, page, site):
        """Goes to a page that goes on to the site by itself."""
        self.events.clear()
        self.send("Page.navigate", url=page.replace(" ", "%20"))
        for wanted in ("Page.frameNavigated", "Page.loadEventFired"):
            while True:
                event = self.events.pop(0) if self.events else self.receive()
                address = event.get("params", {}).get("frame", {}).get("url")
                if event.get("method") == wanted and (address is None or address.startswith(site)):
                    break

    def cookies(self):
        return {cookie["name"]: cookie for cookie in self.send("Storage.getCookies")["cookies"]}

    def look(self, name, roles, folder):
        """Whether a page fits on narrow and wide screens, and what it is to those who do not see it is the same on both."""
        for width, height in ((320, 640), (1280, 800)):
            self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
            content = self.send("Page.getLayoutMetrics")["cssContentSize"]["width"]
            check(content <= width, f"{name} is {content} px wide on {width}")
            nodes = self.send("Accessibility.getFullAXTree")["nodes"]
            heard = [node["role"]["value"] for node in nodes if not node["ignored"]]
            for role, count in roles.items():
                check(heard.count(role) == count, f"{name} at {width} px: {heard.count(role)} of {role}")
            unnamed = [node["role"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] in ("button", "textbox", "link")
                       and not node.get("name", {}).get("value")]
            check(not unnamed, f"{name}: without a name: {unnamed}")
            if not folder:
                continue
            for scheme in ("light", "dark"):
                self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
                with open(os.path.join(folder, f"{name}-{width}-{scheme}.png"), "wb") as file:
                    file.write(base64.b64decode(data))
        self.send("Emulation.clearDeviceMetricsOverride")
        self.send("Emulation.setEmulatedMedia", features=[])


class Attack(http.server.BaseHTTPRequestHandler):
    """A page that sends a form as soon as it is seen: `/?` and the form's address, then `&` and its fields."""

    def do_GET(self):
        address, _, fields = self.path.partition("?")[2].partition("&")
        inputs = "".join('<input name="%s" value="%s">' % tuple(field.split("=", 1)) for field in fields.split("&") if field)
        body = f'<!doctype html><title>attacker</title><form method="post" action="{address}">{inputs}</form><script>document.forms[0].submit()</script>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def ask(service, path, body, fields=None):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **(fields or {})})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


def visit(service, browser, pictures):
    site, other = f"http://127.0.0.1:{service.port}/", free_port()

    def login(password):
        browser.go(site)
        browser.type("#username", "alice")
        browser.type("#password", password)
        browser.press("Enter", 13, "\r")

    def refresh(token):
        return ask(service, "/api/auth/refresh", {"refreshToken": token}, {"User-Agent": HOSTILE})[0]

    browser.go(site)
    check(len(browser.find("form")) == 1 and browser.sees("#username:focus"), "the form has the focus")
    browser.look("login", {"banner": 1, "main": 1, "heading": 1, "textbox": 2, "button": 1}, pictures)
    check(not browser.complaints, f"the browser complains about the login page: {browser.complaints}")

    # The browser says that this page has the status 403, and nothing else.
    login("wrong password")
    check("or the password is wrong" in browser.html("[role=alert]"), "a wrong password")
    check(browser.sees("#password:focus") and 'value="alice"' in browser.html("#username"), "the name stays, the password is asked for")
    check(all("403" in text for text in browser.complaints), f"a refused login: {browser.complaints}")
    browser.look("wrong", {"alert": 1, "heading": 1, "textbox": 2}, pictures)
    browser.complaints.clear()

    _, grant = ask(service, "/api/auth/login", {"username": "alice", "password": PASSWORD}, {"User-Agent": HOSTILE})
    login(PASSWORD)
    check("alice" in browser.html(".account") and len(browser.find("tbody tr")) == 2, "two sessions are shown")
    cookie = browser.cookies().get("__Host-session", {})
    check(cookie.get("httpOnly") and cookie.get("secure") and cookie.get("sameSite") == "Strict", f"cookie: {cookie}")
    check(len(browser.find("script, img")) == 0 and "&lt;script&gt;" in browser.html("tbody"), "what a program calls itself is text")
    # With scripts on: nothing of it runs.
    browser.scripts(True)
    browser.go(site)
    check("owned" not in browser.html("title"), "no script runs")
    browser.scripts(False)
    browser.go(site)
    browser.look("sessions", {"banner": 1, "main": 1, "table": 1, "row": 3, "columnheader": 4, "rowheader": 2, "button": 3}, pictures)
    check(not browser.complaints, f"the browser complains about the list: {browser.complaints}")

    # Other sites: a form of theirs neither ends, logs out nor logs in, with the session's cookie or without.
    attacker = http.server.ThreadingHTTPServer(("127.0.0.1", other), Attack)
    threading.Thread(target=attacker.serve_forever, daemon=True).start()
    session = grant["sessionId"]
    token = browser.html("input[name=csrf]").split('value="')[1].split('"')[0]
    browser.scripts(True)
    forms = [f"sessions/{session}/end&csrf={token}", f"sessions/end-others&csrf={token}", f"logout&csrf={token}", f"login&username=alice&password={PASSWORD}"]
    # The cookie comes along from another origin of the same site, which must be stopped by its origin alone.
    for origin, name, some in ((f"http://127.0.0.1:{other}", "another origin", forms), (f"http://localhost:{other}", "another site", forms[1::2])):
        for form in some:
            browser.attack(f"{origin}/?{site}{form}", site)
            check("Nothing has changed" in browser.html("[role=alert]"), f"{name}: {form.partition('&')[0]}: {browser.html('body')}")
    check(browser.cookies().get("__Host-session", {}).get("value") == cookie.get("value"), "the cookie is what it was")
    browser.send("Storage.clearCookies")
    browser.attack(f"http://localhost:{other}/?{site}login&username=alice&password={PASSWORD}", site)
    check("__Host-session" not in browser.cookies(), "another site logs its visitor in")
    browser.send("Network.setCookie", url=site, name="__Host-session", value=cookie["value"], secure=True, httpOnly=True, sameSite="Strict", path="/")
    attacker.shutdown()
    browser.scripts(False)
    browser.complaints.clear()

    browser.go(site)
    check(len(browser.find("tbody tr")) == 2, "both sessions are as they were")
    browser.click(f"form[action='/sessions/{session}/end'] button")
    check("The session has ended." in browser.html("[role=status]") and len(browser.find("tbody tr")) == 1, "one session ends")
    check(refresh(grant["refreshToken"]) == 401, "its refresh token is refused")
    browser.look("ended", {"status": 1, "row": 2, "button": 1}, pictures)

    _, grant = ask(service, "/api/auth/login", {"username": "alice", "password": PASSWORD}, {"User-Agent": HOSTILE})
    browser.go(site)
    browser.click("form[action='/sessions/end-others'] button")
    check(len(browser.find("tbody tr")) == 1 and refresh(grant["refreshToken"]) == 401, "all others end")

    browser.click(".account button")
    check("You are logged out." in browser.html("[role=status]") and "__Host-session" not in browser.cookies(), "logout")
    browser.back()
    check(not browser.find("tbody tr") and "alice" not in browser.html("body"), "the way back shows no sessions")
    check(not browser.complaints, f"the browser complains: {browser.complaints}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--pictures", help="a folder for pictures of the pages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fastverify-pages-") as folder:
        service = Service(options.tool, folder, "issuer.db")
        service.start()
        browser = None
        try:
            browser = Browser()
            visit(service, browser, options.pictures)
        finally:
            if browser:
                browser.close()
            service.kill()
    print(f"pages: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
