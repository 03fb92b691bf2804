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
