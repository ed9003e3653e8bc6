# SPDX-License-Identifier: Apache-2.0
"""Certificates for one run of the test, made by openssl: an authority, a server and a client
signed by it, and another authority that signed nothing."""

import subprocess
from types import SimpleNamespace

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _authority(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    _openssl("req", "-x509", *_KEY, "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
             "-days", 2, "-addext", "basicConstraints=critical,CA:TRUE")
    return certificate, key


def _leaf(folder, name, authority, usage):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName=DNS:localhost\nextendedKeyUsage={usage}\n")
    _openssl("req", "-new", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    _openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1],
             "-CAcreateserial", "-out", certificate, "-days", 2, "-extfile", extensions)
    return str(certificate), str(key)


def make_certificates(folder):
    folder.mkdir(parents=True, exist_ok=True)
    authority = _authority(folder, "ca")
    server_cert, server_key = _leaf(folder, "server", authority, "serverAuth")
    client_cert, client_key = _leaf(folder, "client", authority, "clientAuth")
    return SimpleNamespace(
        ca=str(authority[0]),
        other_ca=str(_authority(folder, "other-ca")[0]),
        server_cert=server_cert,
        server_key=server_key,
        client_cert=client_cert,
        client_key=client_key,
    )
