# SPDX-License-Identifier: Apache-2.0
"""Certificates for one run of the test: an authority, a server and a client signed by
it, and another authority that signed nothing."""

import datetime
from types import SimpleNamespace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(subject, key, issuer, issuer_key, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _write_pair(folder, name, key, certificate):
    key_file, cert_file = folder / f"{name}.key", folder / f"{name}.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(cert_file), str(key_file)


def _authority(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(name, key, name, key, [(x509.BasicConstraints(ca=True, path_length=0), True)])
    return key, _write_pair(folder, name, key, certificate)[0]


def _leaf(folder, name, ca_key, usage):
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = [
        (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False),
        (x509.ExtendedKeyUsage([usage]), False),
    ]
    return _write_pair(folder, name, key, _sign(name, key, "ca", ca_key, extensions))


def make_certificates(folder):
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, ca = _authority(folder, "ca")
    _, other_ca = _authority(folder, "other-ca")
    server_cert, server_key = _leaf(folder, "server", ca_key, ExtendedKeyUsageOID.SERVER_AUTH)
    client_cert, client_key = _leaf(folder, "client", ca_key, ExtendedKeyUsageOID.CLIENT_AUTH)
    return SimpleNamespace(
        ca=ca,
        other_ca=other_ca,
        server_cert=server_cert,
        server_key=server_key,
        client_cert=client_cert,
        client_key=client_key,
    )
