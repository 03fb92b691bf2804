"""Tokens signed by independent implementations, verified by fastverify; then every kind of damage, refused.

For each algorithm: N tokens signed by PyJWT or joserfc (both over pyca/cryptography), some by the openssl command, must all
be valid; the same tokens with one character changed anywhere must all be refused, each with a named error. ECDSA signatures of
fastverify must be those of RFC 6979, as pyca/cryptography computes them.

usage: interop.py FASTVERIFY [--count 10000] [--mutants 2000] [--seed N] [--algorithms ES256,...]
"""

import argparse
import base64
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid

import jwt as pyjwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, OctKey, RSAKey

NOW = 1_800_000_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1, "ES256K": ec.SECP256K1}
ALGORITHMS = (
    "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448".split()
)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def private_key(algorithm):
    if algorithm.startswith("HS"):
        return os.urandom(64)
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm in ("EdDSA", "Ed25519"):
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def claims(rng, i):
    return {
        "iss": "https://issuer.example",
        "sub": str(uuid.UUID(int=rng.getrandbits(128))),
        "aud": ["orders", "billing"],
        "exp": NOW + 900,
        "iat": NOW,
        "jti": f"{i}-{rng.getrandbits(64):x}",
        "scope": "read:orders write:orders",
        "name": rng.choice(["Zoë", "Ærøskøbing", "名前", "plain", 'quo"te', "back\\slash", "tab\t", "😀"]),
        "tenant": {"id": rng.randrange(1 << 40), "flags": [True, False, None, 1.5, -3e2]},
    }


def sign_pyjwt(algorithm, key, payload):
    name = "EdDSA" if algorithm in ("EdDSA", "Ed25519", "Ed448") else algorithm
    return pyjwt.encode(payload, key, algorithm=name, headers={"kid": "k"})


def joserfc_key(algorithm, key):
    if algorithm.startswith("HS"):
        return OctKey.import_key(key)
    kind = ECKey if algorithm in CURVES else OKPKey if algorithm.startswith("Ed") else RSAKey
    return kind.import_key(private_pem(key))


def sign_joserfc(algorithm, key, payload):
    header = {"alg": algorithm, "kid": "k", "typ": "JWT"}
    text = json.dumps(payload, ensure_ascii=False).encode()
    return jws.serialize_compact(header, text, key, algorithms=[algorithm])


def sign_openssl(algorithm, pem, payload, folder):
    """One token by the openssl command; slow, so a few of them are enough."""
    header = {"alg": algorithm, "kid": "k"}
    message = b64(json.dumps(header).encode()) + "." + b64(json.dumps(payload).encode())
    source, target = os.path.join(folder, "input"), os.path.join(folder, "signature")
    with open(source, "w") as file:
        file.write(message)
    if algorithm.startswith("Ed"):
        command = ["pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", source, "-out", target]
    else:
        command = ["dgst", f"-sha{algorithm[2:5]}", "-sign", pem, "-out", target]
        if algorithm.startswith("PS"):
            command += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        command += [source]
    subprocess.run(["openssl", *command], check=True)
    with open(target, "rb") as file:
        signature = file.read()
    if algorithm in CURVES:
        size = (CURVES[algorithm]().key_size + 7) // 8
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return message + "." + b64(signature)


def tokens_of(algorithm, key, count, folder, rng):
    jose = joserfc_key(algorithm, key)
    pem = os.path.join(folder, "private.pem")
    by_openssl = 0
    if not algorithm.startswith("HS"):
        with open(pem, "wb") as file:
            file.write(private_pem(key))
        by_openssl = 10
    tokens = []
    for i in range(count):
        payload = claims(rng, i)
        if i < by_openssl:
            tokens.append(sign_openssl(algorithm, pem, payload, folder))
        elif i % 2 and algorithm not in ("Ed25519", "Ed448"):
            tokens.append(sign_pyjwt(algorithm, key, payload))
        else:
            tokens.append(sign_joserfc(algorithm, jose, payload))
    return tokens


def unlike_rfc6979(binary, algorithm, key, folder):
    """Tokens that fastverify signs, and how many have another signature than pyca/cryptography's deterministic one."""
    pem = os.path.join(folder, "private.pem")
    run = subprocess.run([binary, "sign", "--key", pem, "--algorithm", algorithm, "--count", "200"], capture_output=True)
    tokens = run.stdout.decode().split()
    size = (key.key_size + 7) // 8
    digest = hashes.SHA384() if algorithm == "ES384" else hashes.SHA512() if algorithm == "ES512" else hashes.SHA256()
    unlike = 200 - len(tokens)
    for token in tokens:
        message, _, signature = token.rpartition(".")
        r, s = decode_dss_signature(key.sign(message.encode(), ec.ECDSA(digest, deterministic_signing=True)))
        unlike += signature != b64(r.to_bytes(size, "big") + s.to_bytes(size, "big"))
    return unlike


def mutants_of(tokens, count, rng):
    """Whole tokens position by position until `count` is reached: every header, payload and signature position."""
    mutants = []
    while len(mutants) < count:
        token = rng.choice(tokens)
        for position, old in enumerate(token):
            new = rng.choice([c for c in ALPHABET + ".=+/ \0é" if c != old])
            mutants.append(token[:position] + new + token[position + 1 :])
    return mutants


def verify(binary, options, tokens):
    text = "\n".join(tokens) + "\n"
    run = subprocess.run([binary, "verify", *options, "-"], input=text.encode(), capture_output=True)
    if run.returncode not in (0, 1):
        sys.exit(f"{binary} exited {run.returncode}: {run.stderr.decode()}")
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--mutants", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--algorithms", default=",".join(ALGORITHMS))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    failed = passed = 0
    for algorithm in arguments.algorithms.split(","):
        rng = random.Random(f"{arguments.seed} {algorithm}")
        with tempfile.TemporaryDirectory() as folder:
            key = private_key(algorithm)
            path = os.path.join(folder, "key")
            secret = algorithm.startswith("HS")
            with open(path, "wb") as file:
                file.write(key if secret else public_pem(key))
            options = [
                "--secret-file" if secret else "--key", path, "--algorithms", algorithm, "--issuer",
                "https://issuer.example", "--audience", "orders", "--at", str(NOW + 1),
            ]  # fmt: skip
            tokens = tokens_of(algorithm, key, arguments.count, folder, rng)
            status, verdicts = verify(arguments.binary, options, tokens)
            good = sum(v["valid"] for v in verdicts)
            mutants = mutants_of(tokens, arguments.mutants, rng)
            mutant_status, refused = verify(arguments.binary, options, mutants)
            bad = sum(not v["valid"] and bool(v["error"]) for v in refused)
            errors = collections.Counter(v.get("error", "ACCEPTED") for v in refused)
            fine = (
                status == 0 and good == len(tokens) == len(verdicts)
                and mutant_status == 1 and bad == len(mutants) == len(refused)
            )  # fmt: skip
            if algorithm in CURVES:
                unlike = unlike_rfc6979(arguments.binary, algorithm, key, folder)
                if unlike:
                    print(f"{algorithm}: {unlike} of 200 signatures are not those of RFC 6979")
                fine = fine and not unlike
            passed, failed = passed + fine, failed + (not fine)
            print(
                f"{algorithm:8} {'ok' if fine else 'FAILED'}: {good}/{len(tokens)} valid, "
                f"{bad}/{len(mutants)} damaged ones refused: {dict(errors.most_common())}",
                flush=True,
            )
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
