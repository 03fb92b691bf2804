"""Credentials for schemathesis, and bodies that it cannot make up: secrets that the service has given out. Read by `openapi.py`."""
import atexit
import base64
import json
import os
import urllib.error
import urllib.request

import schemathesis

ISSUER = os.environ["ISSUER"]
HAS_CREDENTIALS = os.environ["CREDENTIALS"] == "yes"
DEVICE = "schemathesis"
USER = {"username": "alice", "password": os.environ["PASSWORD"], "device": DEVICE}
refresh_token = None
# The user's id; the session of the last login; how many the administrator was given to end.
user_id = session = None
given = 0
# Statuses by operation, for `openapi.py`.
answered = {}
atexit.register(lambda: json.dump({name: sorted(statuses) for name, statuses in answered.items()}, open(os.environ["ANSWERED"], "w")))


def post(path, body, fields):
    request = urllib.request.Request(ISSUER + path, body.encode(), fields)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def basic(client, secret):
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def client_token():
    """Of the administrator: fetched anew when the one before was taken back, as requests may do to its key."""
    fields = {"Authorization": basic("admin", os.environ["ADMIN_SECRET"]), "Content-Type": "application/x-www-form-urlencoded"}
    return post("/oauth/token", "grant_type=client_credentials", fields)["access_token"]


def login():
    global refresh_token, user_id, session
    try:
        grant = post("/api/auth/login", json.dumps(USER), {"Content-Type": "application/json"})
    except urllib.error.HTTPError as error:
        # Logins have been used up for a minute: the service is right, and 401 and 404 are answers as well.
        if error.code != 429:
            raise
        return "none"
    refresh_token = grant["refreshToken"]
    payload = grant["accessToken"].split(".")[1]
    user_id = json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"]
    session = grant["sessionId"]
    return grant["accessToken"]


if HAS_CREDENTIALS:
    login()

    @schemathesis.auth(retry_on=[401]).apply_to(path_regex="^/api/admin")
    class Administrator:
        def get(self, case, context):
            return client_token()

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"

    @schemathesis.auth(retry_on=[401]).apply_to(path_regex="^/api/auth/sessions")
    class User:
        def get(self, case, context):
            return login()

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"

    @schemathesis.auth().apply_to(path_regex="^/(oauth|revocations)")
    class Client:
        def get(self, case, context):
            return basic("api", os.environ["CLIENT_SECRET"])

        def set(self, case, data, context):
            case.headers["Authorization"] = data


@schemathesis.hook
def before_call(ctx, case, kwargs):
    global given
    if not (case.meta and case.meta.generation.mode.is_positive):
        return
    body = case.body if isinstance(case.body, dict) else {}
    path, method = case.operation.path, case.method
    if path == "/api/auth/login":
        # A scope that nobody has is refused, and which there are the document cannot know.
        if HAS_CREDENTIALS:
            body.update(USER)
        if "scope" in body:
            body["scope"] = "orders:read"
        # A browser says which page a request comes from.
        if body.get("mode") == "cookie":
            case.headers["Origin"] = ISSUER
    elif path == "/api/auth/refresh":
        # Without the cookie there has to be a token. Another device ends its session.
        case.body = {"refreshToken": refresh_token or "none", "device": DEVICE}
    elif path == "/api/auth/logout":
        case.body = {**body, "refreshToken": "none"}
    elif path == "/api/admin/users/{id}/sessions/{session}" and method == "DELETE" and HAS_CREDENTIALS and given < 3:
        given += 1
        login()
        case.path_parameters.update(id=user_id, session=session)
    elif path == "/status-lists/{list}":
        case.path_parameters["list"] = "0"
    # The administrator locks out others only, not those whose credentials are here.
    elif method in ("PATCH", "PUT") and path.startswith("/api/admin/") and case.path_parameters.get("id") in ("admin", "api", user_id):
        case.path_parameters["id"] = "another"


@schemathesis.hook
def after_call(ctx, case, response):
    global refresh_token
    answered.setdefault(case.operation.label, set()).add(response.status_code)
    if case.operation.path in ("/api/auth/login", "/api/auth/refresh") and response.status_code == 200:
        refresh_token = response.json().get("refreshToken", refresh_token)
