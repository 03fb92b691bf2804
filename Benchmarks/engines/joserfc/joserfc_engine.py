import importlib.metadata

from cryptography.hazmat.backends.openssl import backend
from engine import Unsupported, serve
from joserfc import jwk, jws, jwt


def prepare(job):
    # Algorithms that are not recommended must be asked for; the list of what is known is the registry's.
    if job["algorithm"] not in jws.JWSRegistry.algorithms:
        raise Unsupported(f"no {job['algorithm']}")
    key = jwk.import_key(job["jwk"])
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": job["issuer"]},
        aud={"essential": True, "value": job["audience"]},
        exp={"essential": True},
    )
    registry = jws.JWSRegistry(algorithms=[job["algorithm"]])
    return lambda token: claims.validate(jwt.decode(token, key, registry=registry).claims)


serve("joserfc", importlib.metadata.version("joserfc"), backend.openssl_version_text(), prepare)
