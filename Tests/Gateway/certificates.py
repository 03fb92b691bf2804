"""Certificates for an hour, made by the openssl command: an authority, a server, two clients."""
import base64
import hashlib
import ssl
import subprocess


def openssl(site, *arguments):
    subprocess.run(["openssl", *arguments], cwd=site.folder, check=True, capture_output=True)


def authority(site, name="ca"):
    openssl(site, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def issue(site, name, by="ca", more=""):
    """NAME.pem, NAME.key, and NAME.both with the two, as HAProxy reads them."""
    site.write(f"{name}.ext", more or "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(site, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr")
    openssl(site, "x509", "-req", "-days", "1", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    site.write(f"{name}.both", site.read(f"{name}.pem") + site.read(f"{name}.key"))


def thumbprint(site, name):
    """x5t#S256 (RFC 8705 §3.1)."""
    der = ssl.PEM_cert_to_DER_cert(site.read(f"{name}.pem"))
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def context(site, client=None, trusted="ca"):
    context = ssl.create_default_context(cafile=site.path(f"{trusted}.pem"))
    if client:
        context.load_cert_chain(site.path(f"{client}.pem"), site.path(f"{client}.key"))
    return context
