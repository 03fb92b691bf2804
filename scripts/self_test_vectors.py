#!/usr/bin/env python3
"""Writes Sources/CCrypto/self_test_vectors.h: one key and signature for each algorithm with a kernel of our own.

The private keys are thrown away. Needs the Python package `cryptography`, another implementation than those that will
be tried: .venv/bin/python scripts/self_test_vectors.py > Sources/CCrypto/self_test_vectors.h
"""
import hmac
import os
import textwrap

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MESSAGE = b"FastVerify tries each kernel of its own once before it trusts it: this is what is signed. " * 2
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1(), "ES256K": ec.SECP256K1()}


def entry(algorithm, first, second, signature):
    def text(value):
        lines = textwrap.wrap(value.hex(), 110) or [""]
        return "\n".join(f'     "{line}"' for line in lines)

    print(f"    {{FV_{algorithm},\n{text(first)},\n{text(second)},\n{text(signature)}}},")


def big_endian(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


print("// Made by scripts/self_test_vectors.py; the private keys are gone. Hexadecimal: key (secret, n, x or the encoded")
print("// point), its second half (e or y), signature.")
print(f'static const char message[] =\n    "{MESSAGE[:90].decode()}"\n    "{MESSAGE[90:].decode()}";')
print("\nstatic const vector vectors[] = {")
for bits in HASHES:
    secret = os.urandom(int(bits) // 8)
    entry(f"HS{bits}", secret, b"", hmac.digest(secret, MESSAGE, f"sha{bits}"))
for size in (2048, 3072, 4096):
    key = rsa.generate_private_key(65537, size)
    numbers = key.public_key().public_numbers()
    for bits, method in HASHES.items():
        if size > 2048 and bits != "256":
            continue  # the arithmetic depends on the size, the encoding on the hash: each of both is there
        pss = padding.PSS(padding.MGF1(method), method.digest_size)
        for name, scheme in (("RS", padding.PKCS1v15()), ("PS", pss)):
            entry(f"{name}{bits}", big_endian(numbers.n), big_endian(numbers.e), key.sign(MESSAGE, scheme, method))
for name, curve in CURVES.items():
    key = ec.generate_private_key(curve)
    size = (curve.key_size + 7) // 8
    method = HASHES[name[2:5]]
    r, s = decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(method)))
    numbers = key.public_key().public_numbers()
    entry(name, *(n.to_bytes(size, "big") for n in (numbers.x, numbers.y)), r.to_bytes(size, "big") + s.to_bytes(size, "big"))
key = ed25519.Ed25519PrivateKey.generate()
entry("ED25519", key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), b"", key.sign(MESSAGE))
print("};")
