"""Holds the token service against its OpenAPI document: schemathesis makes requests from the document, good and bad, and looks at the answers.

    openapi.py FASTVERIFY [--examples N] [--seed N] [--phases examples,coverage,fuzzing,stateful]

Once with credentials of an administrator, a client and a user, and once without any. Needs schemathesis: scripts/install.sh server.
What it may not do, and why, is in openapi/hooks.py and openapi/schemathesis.toml.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from crash import PASSWORD, Service  # noqa: E402

# Of its own, as secrets.py here would be taken for the module of that name.
CONFIGURATION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi")


def judge(answered, has_credentials):
    """A run in which nothing went well, or all was refused, shows nothing."""
    wrong = []
    for operation, statuses in answered.items():
        went_well = any(status < 300 for status in statuses)
        if has_credentials and not went_well:
            wrong.append(f"{operation} never went well: {statuses}")
        elif not has_credentials and went_well and any(part in operation for part in ("/api/admin", "/sessions", "/revocations", "/introspect")):
            wrong.append(f"{operation} went well without credentials: {statuses}")
    if wrong:
        sys.exit("\n".join(wrong))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="fastverify-openapi-") as folder:
        service = Service(arguments.tool, folder, "issuer.db")
        # What a password costs is not of interest here; and 429 is an answer, but one that hides others.
        service.settings(scopes=["orders:read"], passwordPasses=1, passwordMemoryMiB=1, loginsPerAddress=1000, loginsPerNameAndAddress=100,
                         statusListAge=300)
        url = f"http://127.0.0.1:{service.port}"
        environment = {
            **os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": CONFIGURATION, "SCHEMATHESIS_HOOKS": "hooks",
            "ISSUER": url, "ANSWERED": os.path.join(folder, "answered.json"), "PASSWORD": PASSWORD,
            "ADMIN_SECRET": service.issuer("client", "add", "admin", "--scope", "issuer:admin").strip(),
            "CLIENT_SECRET": service.issuer("client", "add", "api", "--scope", "orders:read", "--scope", "revocations:read").strip(),
        }
        service.issuer("user", "add", "bob", text=PASSWORD + "\n")
        service.start()
        command = [
            os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", os.path.join(CONFIGURATION, "schemathesis.toml"),
            "run", f"{url}/openapi.json", "--seed", str(arguments.seed), "--max-examples", str(arguments.examples),
        ]
        try:
            # Without, it makes credentials up; whatever else is right, such a request may be malformed (RFC 6750 §3.1).
            # What is short of time tries the less without.
            phases = arguments.phases if arguments.examples > 20 else "fuzzing"
            for credentials, options in (
                ("yes", ["--phases", arguments.phases]), ("no", ["--phases", phases, "--exclude-checks", "positive_data_acceptance"]),
            ):
                print(f"-- credentials: {credentials}", flush=True)
                # It keeps what it has found before in the folder that it runs in.
                if subprocess.run(command + options, cwd=folder, env={**environment, "CREDENTIALS": credentials}).returncode != 0:
                    sys.exit(1)
                with open(environment["ANSWERED"]) as file:
                    judge(json.load(file), credentials == "yes")
            check = service.issuer("audit", "--check")
            if not check.startswith("whole"):
                sys.exit(f"the audit log is {check}")
        finally:
            service.kill()


main()
