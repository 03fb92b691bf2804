"""Listeners that speak TLS themselves: HTTP and gRPC, certificates of clients, other files at a reload."""
import http.client
import socket
import ssl
import time

import certificates
import envoy_client


def prepare(site):
    certificates.authority(site)
    certificates.authority(site, "stranger-ca")
    for name in ("server", "client", "other"):
        certificates.issue(site, name)
    certificates.issue(site, "intruder", by="stranger-ca")
    text = site.read("gateway.yaml")
    text = text.replace("realm: orders", "realm: orders\n    mtls: { from: connection }")
    tls = "tls: { certificate: server.pem, key: server.key"
    text = text.replace(f"auth: 127.0.0.1:{site.ports[9180]}",
                        f"auth: {{ address: 127.0.0.1:{site.ports[9180]}, {tls}, client_roots: ca.pem, client_certificate: optional }} }}")
    text = text.replace("  # grpc:", f"  grpc: {{ address: 127.0.0.1:{site.ports[9182]}, {tls} }} }}\n  # grpc:")
    site.write("gateway.yaml", text)


def shown(site, port):
    """The certificate that a listener shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", site.ports[port])) as plain, context.wrap_socket(plain) as secure:
        return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True)), secure.version()


def test(site, gateway, check):
    def ask(token, tls):
        try:
            return site.ask(9180, "/envoy/orders/7", token, tls=tls)[0]
        except (OSError, http.client.HTTPException):
            return 0

    plain, client = certificates.context(site), certificates.context(site, "client")
    check(ask(site.token(), plain) == 200 and ask("a.b.c", plain) == 401, "HTTP over TLS")
    check(b" 200 " not in site.raw(9180, "GET /envoy/public/x HTTP/1.1\r\nHost: a\r\n\r\n"), "without TLS nobody is answered")
    check(ask(site.token(), certificates.context(site, trusted="stranger-ca")) == 0, "a client that trusts another authority")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(site.path("ca.pem"))
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    check(ask(site.token(), old) == 200, "TLS 1.2")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    check(ask(site.token(), old) == 0, "TLS 1.1 is refused")

    certified = site.token(claims={"scope": "orders:read", "cnf": {"x5t#S256": certificates.thumbprint(site, "client")}})
    check(ask(certified, client) == 200, "a token bound to the connection's certificate")
    check(ask(certified, plain) == 401 and ask(certified, certificates.context(site, "other")) == 401, "of another, or none")
    check(ask(site.token(), certificates.context(site, "intruder")) == 0, "a certificate of an unknown authority")

    envoy_client.secure(site, certified, check)

    # Other files at a reload; broken ones leave all as it is.
    before = shown(site, 9180)[0], shown(site, 9182)[0]
    check(before[0] == before[1] and before[0].split() == site.read("server.pem").split(), "both listeners show the file")
    good = site.read("server.pem"), site.read("server.key")
    site.write("server.pem", site.read("other.pem"))
    wait(site, gateway, "configuration kept")
    check(shown(site, 9180)[0] == before[0], "a certificate without its key is not put in force")
    check("does not belong to the certificate" in site.read("gateway.log"), "and the log says why")
    site.write("server.key", site.read("other.key"))
    wait(site, gateway, "configuration reloaded")
    for port in (9180, 9182):
        check(shown(site, port)[0].split() == site.read("other.pem").split(), f"a new certificate on {port}")
    check(ask(site.token(), plain) == 200, "after the reload")
    site.write("server.key", good[1])
    site.write("server.pem", good[0])


def wait(site, gateway, words):
    before = site.read("gateway.log").count(words)
    site.reload(gateway)
    for _ in range(400):
        if site.read("gateway.log").count(words) > before:
            return
        time.sleep(0.025)
