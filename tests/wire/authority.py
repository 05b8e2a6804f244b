"""Certificates for servers and clients of tests, made when they are asked for."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

HOSTS = ("localhost", "127.0.0.1", "::1")
PASSWORD = "made-up password ✓"
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """An authority of its own, and PEM files of what it issues in a directory of the test."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ca = trustme.CA()
        self.ca = self._file("ca.pem", self._ca.cert_pem.bytes())

    def server(self, *hosts: str, expired: bool = False, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """A server's context, with a certificate for the hosts."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(*self.server_files(*hosts, expired=expired))
        if alpn:
            made.set_alpn_protocols(alpn)
        return made

    def server_files(self, *hosts: str, expired: bool = False) -> tuple[Path, Path]:
        """The files of a server's certificate, with its chain, and of its key."""
        leaf = self._issue(*hosts, expired=expired)
        chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
        return self._file("server.pem", chain), self._file("server.key", leaf.private_key_pem.bytes())

    def client_files(self, name: str = "client") -> tuple[Path, Path]:
        """The files of a client's certificate and of its key."""
        leaf = self._ca.issue_cert(f"{name}@mistral.test", common_name=name)
        certificate = self._file(f"{name}.pem", leaf.cert_chain_pems[0].bytes())
        return certificate, self._file(f"{name}.key", leaf.private_key_pem.bytes())

    def encrypted(self, key: Path) -> Path:
        """The file of the same key, opened by ``PASSWORD``."""
        clear = load_pem_private_key(key.read_bytes(), None)
        sealed = clear.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
        return self._file(f"sealed-{key.name}", sealed)

    def demand_client(self, server: ssl.SSLContext) -> None:
        """Let the server take only clients that this authority knows."""
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(self.ca)

    def _issue(self, *hosts: str, expired: bool = False) -> trustme.LeafCert:
        if not expired:
            return self._ca.issue_cert(*(hosts or HOSTS))
        return self._ca.issue_cert(
            *(hosts or HOSTS), not_before=LONG_AGO, not_after=LONG_AGO + datetime.timedelta(days=1)
        )

    def _file(self, name: str, content: bytes) -> Path:
        path = self._directory / name
        path.write_bytes(content)
        return path
