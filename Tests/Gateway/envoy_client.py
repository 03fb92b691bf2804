"""A gRPC client made from external_auth.proto, as Envoy would ask."""
import os
import subprocess
import sys


def messages(folder):
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", here, "--python_out", folder, "--grpc_python_out", folder,
         "external_auth.proto"], check=True)
    sys.path.insert(0, folder)
    import external_auth_pb2
    import external_auth_pb2_grpc

    return external_auth_pb2, external_auth_pb2_grpc


def secure(site, certified, check):
    """Over TLS; with a token that is bound to the certificate that Envoy says its client has."""
    import urllib.parse

    import grpc

    pb, stubs = messages(site.folder)
    roots = grpc.ssl_channel_credentials(site.read("ca.pem").encode())

    def status(certificate):
        http = pb.AttributeContext.HttpRequest(
            method="GET", path="/orders/7", host="orders.example", headers={"authorization": "Bearer " + certified})
        peer = pb.AttributeContext.Peer(certificate=urllib.parse.quote(certificate, safe=""))
        attributes = pb.AttributeContext(request=pb.AttributeContext.Request(http=http), source=peer)
        return stub.Check(pb.CheckRequest(attributes=attributes), timeout=10).status.code

    with grpc.secure_channel(f"localhost:{site.ports[9182]}", roots) as channel:
        stub = stubs.AuthorizationStub(channel)
        check(status(site.read("client.pem")) == 0, "gRPC over TLS: the certificate that Envoy describes")
        check(status(site.read("other.pem")) == 16 and status("") == 16, "gRPC over TLS: another, or none")
    with grpc.insecure_channel(f"127.0.0.1:{site.ports[9182]}") as channel:
        stub = stubs.AuthorizationStub(channel)
        try:
            check(status(site.read("client.pem")) is None, "gRPC without TLS is answered")
        except grpc.RpcError:
            pass


def demands(site, check):
    """What policies ask for besides a good token, over gRPC."""
    import grpc

    from proofs import Prover

    pb, stubs = messages(site.folder)
    prover = Prover()
    bound = site.token(claims={"scope": "orders:read", "cnf": {"jkt": prover.thumbprint}})
    with grpc.insecure_channel(f"127.0.0.1:{site.ports[9182]}") as channel:
        stub = stubs.AuthorizationStub(channel)

        def ask(method="GET", **fields):
            fields = {name.replace("_", "-"): value for name, value in fields.items()}
            http = pb.AttributeContext.HttpRequest(method=method, path="/orders/7", host="orders.example", headers=fields)
            request = pb.AttributeContext.Request(http=http)
            return stub.Check(pb.CheckRequest(attributes=pb.AttributeContext(request=request)), timeout=10)

        def told(answer):
            fields = {}
            for option in answer.denied_response.headers:
                fields[option.header.key] = ", ".join(filter(None, (fields.get(option.header.key), option.header.value)))
            return fields

        def proof(**more):
            return prover.proof(bound, "https://orders.example/orders/7", **more)

        nonce = told(ask(authorization="DPoP " + bound, dpop=proof())).get("dpop-nonce")
        once = proof(nonce=nonce)
        good = ask(authorization="DPoP " + bound, dpop=once)
        learnt = {option.header.key for option in good.ok_response.response_headers_to_add}
        # Where the nonce is about to expire, another comes along.
        check(good.status.code == 0 and learnt - {"dpop-nonce"} == {"ratelimit", "ratelimit-policy"}, f"gRPC: a proof: {good}")
        wrong = {repr(told(ask(authorization="DPoP " + bound, dpop=text))) for text in (once, "a.b.c", proof(nonce=nonce, iat=1))}
        check(len(wrong) == 1 and "invalid_dpop_proof" in next(iter(wrong)), f"gRPC: bad proofs: {wrong}")
        check(ask(authorization="DPoP " + bound, dpop=proof(nonce=nonce) + "," + proof(nonce=nonce)).status.code == 16, "gRPC: two proofs")
        challenges = [o for o in ask().denied_response.headers if o.header.key == "www-authenticate"]
        check([o.append.value for o in challenges] == [False, True], f"gRPC: both challenges: {challenges}")
        poor = site.token(claims={"scope": "orders:read", "plan": "tiny"}, options=["--claim", "sub=grpc"])
        answers = [ask(authorization="Bearer " + poor) for _ in range(3)]
        check(answers[2].denied_response.status.code == 429 and "retry-after" in told(answers[2]), f"gRPC: limits: {answers[2]}")
        cookie = "__Host-token=" + site.token(claims={"scope": "orders:write"})
        check(ask("POST", cookie=cookie, origin="https://evil.example").denied_response.status.code == 403, "gRPC: a forged request")
        denied = told(ask(origin="https://app.example"))
        check(denied.get("access-control-allow-origin") == "https://app.example" and denied.get("x-content-type-options") == "nosniff",
              f"gRPC: CORS: {denied}")
        preflight = ask("OPTIONS", origin="https://app.example", access_control_request_method="POST")
        check(preflight.denied_response.status.code == 204 and "access-control-allow-methods" in told(preflight), f"gRPC: preflight: {preflight}")


def test(site, check):
    import grpc

    pb, stubs = messages(site.folder)
    good = site.token()
    with grpc.insecure_channel(f"127.0.0.1:{site.ports[9182]}") as channel:
        stub = stubs.AuthorizationStub(channel)

        def ask(path, fields, method="GET", raw=()):
            http = pb.AttributeContext.HttpRequest(method=method, path=path, host="orders.example", scheme="https", headers=fields)
            http.header_map.headers.extend(pb.HeaderValue(key=k, raw_value=v.encode()) for k, v in raw)
            request = pb.AttributeContext.Request(http=http)
            return stub.Check(pb.CheckRequest(attributes=pb.AttributeContext(request=request)), timeout=10)

        bearer = {"authorization": "Bearer " + good, "x-auth-subject": "root"}
        answer = ask("/orders/7?x=y", bearer)
        told = {option.header.key: option.header.value for option in answer.ok_response.headers}
        check(answer.status.code == 0 and told == {"x-auth-subject": "alice", "x-auth-scope": "orders:read"}, f"ext_authz: {answer}")
        check(all(option.HasField("append") and not option.append.value for option in answer.ok_response.headers), "fields are overwritten")
        check(list(answer.ok_response.headers_to_remove) == ["x-auth-client"], "what is not said is removed")
        anonymous = ask("/public/x", {"x-auth-subject": "root"})
        check(anonymous.status.code == 0 and "x-auth-subject" in anonymous.ok_response.headers_to_remove, "an open path")
        raw = ask("/orders/7", {}, raw=[("Authorization", "Bearer " + good)])
        check(raw.status.code == 0, "raw headers")

        def denied(answer):
            response = answer.denied_response
            fields = sorted((option.header.key, option.header.value) for option in response.headers)
            return answer.status.code, response.status.code, fields, response.body

        def challenge(answer):
            return dict(denied(answer)[2]).get("www-authenticate", "")

        bad = {repr(denied(ask("/orders/7", {"authorization": "Bearer " + token})))
               for token in ("a.b.c", good[:-4] + "AAAA", site.token("stranger"), site.token(options=["--at", "1700000000"]))}
        check(len(bad) == 1 and next(iter(bad)).startswith("(16, 401,") and "invalid_token" in next(iter(bad)), f"bad tokens: {bad}")
        none = ask("/orders/7", {})
        check(denied(none)[:2] == (16, 401) and challenge(none) == 'Bearer realm="orders"', f"no token: {none}")
        check(denied(ask("/admin", bearer))[:2] == (7, 403) and 'scope="admin"' in challenge(ask("/admin", bearer)), "another scope")
        check(denied(ask("/orders/7", {"authorization": f"Bearer {good},Bearer {good}"}))[1] == 400, "two tokens")
        check(denied(ask("/orders/7", bearer, raw=[("authorization", "Bearer " + good)]))[1] == 400, "two ways")
        for path in ("/public/../orders", "/public//x", "/public%2F", "", "orders", "/orders?access_token=x"):
            check(denied(ask(path, bearer))[1] == 400, f"ext_authz: {path}")
        check(denied(ask("/orders/7", bearer, method="POST"))[1] == 403, "POST needs another scope")
