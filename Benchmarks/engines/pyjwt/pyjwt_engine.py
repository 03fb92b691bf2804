import jwt
from cryptography.hazmat.backends.openssl import backend
from engine import Unsupported, serve

ALGORITHMS = set(jwt.algorithms.get_default_algorithms()) - {"none"}


def prepare(job):
    algorithm = job["algorithm"]
    if algorithm not in ALGORITHMS:
        raise Unsupported(f"no {algorithm}")
    key = jwt.PyJWK.from_dict(job["jwk"], algorithm=algorithm)
    decoder = jwt.PyJWT()
    options = {"require": ["exp", "iss", "aud"]}
    wanted = {"algorithms": [algorithm], "issuer": job["issuer"], "audience": job["audience"], "options": options}
    return lambda token: decoder.decode(token, key, **wanted)


serve("pyjwt", jwt.__version__, backend.openssl_version_text(), prepare)
