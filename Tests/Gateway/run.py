#!/usr/bin/env python3
"""The gateway with real proxies and real clients: run.py TOOL [SECONDS OF LOAD].

nginx and HAProxy run with the configurations of Examples, but for their ports. Leaves nothing running.
"""
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import demands
import envoy_client
import load
import tls
from gateway_site import Site, statuses

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)


def fields_of(answer):
    """What the service behind the proxy has seen."""
    return json.loads(answer[2])["fields"] if answer[0] == 200 else []


def bad_tokens(site):
    good = site.token()
    head, payload, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"
    return {
        "forged": site.token("stranger"), "expired": site.token(options=["--at", "1700000000"]), "changed": good[:-4] + "AAAA",
        "none": f"{none}.{payload}.", "none, signed": f"{none}.{payload}.{signature}", "garbage": "a.b.c", "two parts": f"{head}.{payload}",
        "dots": "." * 1000, "audience": site.token(audience="else"), "long": "a" * 12000,
        "late": site.token(options=["--at", "4000000000"]),
    }


def proxy(site, port, name):
    """What every proxy must do with the gateway's answers."""
    good = site.token()
    answer = site.ask(port, "/orders/7?x=y", good)
    seen = fields_of(answer)
    check(answer[0] == 200 and ["x-auth-subject", "alice"] in seen, f"{name}: a good token passes with its identity: {answer}")
    forged = [("X-Auth-Subject", "root"), ("x-auth-scope", "admin"), ("X-AUTH-CLIENT", "evil")]
    seen = fields_of(site.ask(port, "/orders/7", good, forged))
    values = [value for field, value in seen if field.startswith("x-auth-")]
    check("root" not in values and "admin" not in values and "evil" not in values, f"{name}: a forged identity gets through: {seen}")
    seen = fields_of(site.ask(port, "/public/x", None, forged))
    values = [value for field, value in seen if field.startswith("x-auth-") and value]
    check(seen and not values, f"{name}: a forged identity gets through an open path: {seen}")

    none = site.ask(port, "/orders/7")
    check(none[0] == 401 and ("www-authenticate", 'Bearer realm="orders"') in none[1], f"{name}: no token: {none}")
    answers = {}
    for cause, token in bad_tokens(site).items():
        answers.setdefault(repr(site.ask(port, "/orders/7", token)), []).append(cause)
    check(len(answers) == 1 and "(401," in next(iter(answers)), f"{name}: bad tokens can be told apart: {answers}")
    check('error="invalid_token"' in next(iter(answers)), f"{name}: bad tokens get invalid_token: {answers}")
    poor = site.ask(port, "/admin", good)
    check(poor[0] == 403 and 'scope="admin"' in dict(poor[1]).get("www-authenticate", ""), f"{name}: another scope: {poor}")
    check(site.ask(port, "/nowhere", good)[0] == 403, f"{name}: a path without a route")
    check(site.ask(port, "/orders/7", good, method="POST", fields=[("Content-Length", "0")])[0] == 403, f"{name}: POST needs orders:write")
    twice = site.ask(port, "/orders/7", good, [("Authorization", "Bearer " + good)])
    check(twice[0] == 400, f"{name}: two Authorization fields: {twice[0]}")
    for path in ("/public/../orders/7", "/public/%2e%2e/orders/7", "/public//x", "/public%2Fx", "/public;/orders", "/orders/7?access_token=x"):
        status = site.ask(port, path, good if "access_token" in path else None)[0]
        check(status >= 400, f"{name}: {path} passes with {status}")


def direct(site):
    """Shapes that no proxy hands on, sent to the gateway itself."""
    good = site.token()
    ask = f"GET /envoy/orders/7 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\n"
    check(statuses(site.raw(9180, (ask + "\r\n") * 3 + ask + "Connection: close\r\n\r\n")) == [200] * 4, "four pipelined requests")
    smuggled = {
        "two lengths": "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", "length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunks": "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ask + "\r\n", "folded": "X: a\r\n b\r\n\r\n", "bare LF": "X: a\n\r\n\r\n",
        "space before the colon": "Content-Length : 5\r\n\r\nhello", "NUL": "X: \0\r\n\r\n", "second host": "Host: b\r\n\r\n",
    }
    for name, tail in smuggled.items():
        got = statuses(site.raw(9180, ask + tail))
        check(len(got) == 1 and got[0] in (400, 411), f"{name}: {got}")
    check(statuses(site.raw(9180, ask + "X: y\r\n" * 5000 + "\r\n")) == [431], "a flood of fields")
    check(statuses(site.raw(9180, f"GET /envoy/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {'a' * (1 << 20)}\r\n\r\n")) == [431], "a token of a megabyte")
    start = time.monotonic()
    check(statuses(site.raw(9180, "GET /envoy/or", wait=10)) == [408], "a slow client")
    check(time.monotonic() - start < 8, "a slow client is let go in time")
    check(site.ask(9181, "/health")[0] == 200 and site.ask(9181, "/ready")[0] == 200, "health and readiness")
    check(site.ask(9180, "/metrics")[0] == 404, "metrics are for operators")
    counted = site.metrics()
    check(int(counted['fastverify_gateway_requests_total{outcome="allowed",reason=""}']) > 0, f"metrics: {counted}")


def envoy(site):
    envoy_client.test(site, check)


def records(site, token):
    text = site.read("audit.log")
    lines = [json.loads(line) for line in text.splitlines()]
    check(any(line["verdict"] == "allow" and line["sub"] == "alice" for line in lines), "the audit log says who was allowed")
    check(any(line.get("reason") == "expired" for line in lines), "the audit log says why")
    check(token.split(".")[2] not in text and "access_token" not in text, "no token is in the log")


def timed(site, *steps):
    """Runs the steps, ends what the site has started, and shows the gateway's log when something has failed."""
    before = len(failures)
    try:
        for step in steps:
            start = time.monotonic()
            step()
            print(f"  {time.monotonic() - start:.1f} s", flush=True)
    finally:
        site.end()
    if len(failures) > before:
        print(site.read("gateway.log"))


def proxies(site):
    site.backend()
    gateway = site.gateway({
        "FASTVERIFY_LISTEN_GRPC": f"127.0.0.1:{site.ports[9182]}", "FASTVERIFY_LIMITS_HEAD_TIME": "1s"})
    site.start("nginx", "-p", site.folder, "-c", site.path("nginx.conf"))
    site.start("haproxy", "-f", "haproxy.cfg")
    for port in (8080, 8081):
        site.wait_for(port)
    return gateway


def test_examples(site):
    site.write("gateway.yaml", site.read("gateway.yaml").replace("audit: off", "audit: audit.log"))
    timed(site, lambda: proxies(site), lambda: proxy(site, 8080, "nginx"), lambda: proxy(site, 8081, "HAProxy"), lambda: direct(site),
          lambda: envoy(site), lambda: records(site, site.token()))


def test_demands(site):
    demands.prepare(site)
    started = []
    timed(site, lambda: started.append(proxies(site)), lambda: demands.settle(site), lambda: demands.test(site, 8080, "nginx", check),
          lambda: demands.test(site, 8081, "HAProxy", check), lambda: envoy_client.demands(site, check),
          lambda: demands.revocation(site, check), lambda: demands.status_lists(site, check), lambda: demands.reload(site, started[0], check), lambda: demands.readme(site, check))


def test_tls(site):
    tls.prepare(site)
    started = []
    timed(site, lambda: started.append(site.gateway()), lambda: tls.test(site, started[0], check))


def main():
    tool, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 5
    for test in (test_examples, test_demands, test_tls, lambda site: load.test(site, seconds, check)):
        with tempfile.TemporaryDirectory(prefix="fastverify-gateway-") as folder:
            test(Site(tool, folder))
    print("gateway:", f"{len(failures)} failed" if failures else "all well")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
