"""A certificate authority that lives as long as the tests do, and one certificate of it, as files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Certificates(NamedTuple):
    """PEM files, made up for this run."""

    authority: Path
    chain: Path  # of the server
    key: Path  # of the server, as PKCS #8, which is all that granian reads
    both: Path  # chain and key in one file, as haproxy wants them

    @classmethod
    def made_in(cls, directory: Path) -> Certificates:
        made = cls(*(directory / name for name in ("authority.pem", "chain.pem", "key.pem", "both.pem")))
        authority = trustme.CA()
        server = authority.issue_cert("localhost", "127.0.0.1")
        authority.cert_pem.write_to_path(made.authority)
        chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
        private = load_pem_private_key(server.private_key_pem.bytes(), password=None)
        key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made.chain.write_bytes(chain)
        made.key.write_bytes(key)
        made.both.write_bytes(chain + key)
        return made
