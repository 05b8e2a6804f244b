"""How a connection is made secure."""

from __future__ import annotations

import functools
import os
import re
import ssl
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from mistral_async.settings.values import check_choice, check_flag

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# What `openssl rehash` calls the files of a directory of certificates. Source: openssl-rehash(1).
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


class TLS(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to trust, and who to be. Paths are of PEM files; ``ca`` takes the place of the system's trust.

    The files are read once when this is made, to refuse what is wrong with them, and by each client that is made with
    it. A pickle leaves ``key_password`` out.

    Raises ``ValueError`` naming the field that is wrong.
    """

    ca: str | os.PathLike[str] | None = None  # a file, or a directory as OpenSSL hashes it
    certificate: str | os.PathLike[str] | None = None  # this client's, with its chain
    key: str | os.PathLike[str] | None = None  # of the certificate, where that file does not hold it
    key_password: str | None = None
    minimum_version: Literal["1.2", "1.3"] = "1.2"
    ciphers: str | None = None  # OpenSSL's cipher list, for TLS 1.2
    verify_hostname: bool = True  # whether the server's certificate must be for the host of `base_url`
    verify: bool = True  # False trusts anybody: for a test bench, never for a key that matters

    def __post_init__(self) -> None:
        for name in ("ca", "certificate", "key"):
            path = getattr(self, name)
            if path is not None and not (isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str)):
                raise ValueError(f"tls: {name} must be a path, not {path!r}")
        for name in ("key_password", "ciphers"):
            if not isinstance(getattr(self, name), str | None):
                raise ValueError(f"tls: {name} must be text")
        for name in ("verify_hostname", "verify"):
            check_flag(f"tls: {name}", getattr(self, name))
        check_choice("tls: minimum_version", self.minimum_version, tuple(VERSIONS))
        if self.key is not None and self.certificate is None:
            raise ValueError("tls: key: it belongs to a certificate, and none is given")
        if self.key_password is not None and self.certificate is None:
            raise ValueError("tls: key_password: it is for the key of a certificate, and none is given")
        self.configure(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def configure(self, context: ssl.SSLContext) -> None:
        """Make the context do what this says. Raises ``ValueError`` naming the field that cannot be had."""
        context.minimum_version = VERSIONS[self.minimum_version]
        if not (self.verify and self.verify_hostname):
            context.check_hostname = False
        if not self.verify:
            context.verify_mode = ssl.CERT_NONE
        if self.ciphers is not None:
            _set_ciphers(context, self.ciphers)
        if self.ca is not None:
            _load_ca(context, os.fspath(self.ca))
        if self.certificate is not None:
            certificate = os.fspath(self.certificate)
            key = certificate if self.key is None else os.fspath(self.key)
            _load_certificate(context, certificate, key, self.key_password)

    def __repr__(self) -> str:
        said = (f"{name}={getattr(self, name)!r}" for name in _SHOWN)
        return f"TLS({', '.join(said)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in _SHOWN]

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial(TLS, **{name: getattr(self, name) for name in _SHOWN}), ()

    def __deepcopy__(self, memo: object) -> Self:
        return self  # which nobody can change; by __reduce__ it would lose its password


_SHOWN = tuple(name for name in TLS.__struct_fields__ if name != "key_password")


def _set_ciphers(context: ssl.SSLContext, ciphers: str) -> None:
    try:
        context.set_ciphers(ciphers)
    except ssl.SSLError as exc:
        raise ValueError(f"tls: ciphers: OpenSSL knows none of {ciphers!r}") from exc


def _load_ca(context: ssl.SSLContext, path: str) -> None:
    if os.path.isdir(path):
        # OpenSSL looks into it at each handshake, and says nothing where it finds none.
        if not any(_HASHED.fullmatch(name) for name in _names(path)):
            raise ValueError(f"tls: ca: no certificate in {path!r} is named by its hash; run `openssl rehash` on it")
        context.load_verify_locations(capath=path)
        return
    _read("ca", path)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as exc:
        raise ValueError(f"tls: ca: {path!r} holds no PEM certificate") from exc


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str, password: str | None) -> None:
    if b"-----BEGIN CERTIFICATE-----" not in _read("certificate", certificate):
        raise ValueError(f"tls: certificate: {certificate!r} holds no PEM certificate")
    private = _read("key", key)
    if b"PRIVATE KEY-----" not in private:
        raise ValueError(f"tls: key: {key!r} holds no PEM private key")
    try:
        # An empty password where there is none: without any, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate, key, password or "")
    except (ssl.SSLError, ValueError) as exc:
        if getattr(exc, "reason", None) == "KEY_VALUES_MISMATCH":
            raise ValueError(f"tls: key: {key!r} is not the key of {certificate!r}") from exc
        if b"ENCRYPTED" in private:
            wrong = "is encrypted, and no password is given" if password is None else "is not opened by it"
            raise ValueError(f"tls: key_password: {key!r} {wrong}") from exc
        raise ValueError(f"tls: certificate: {certificate!r} with the key of {key!r} cannot be read: {exc}") from exc


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as exc:
        raise ValueError(f"tls: {name}: no such file: {path!r}") from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in its name
        raise ValueError(f"tls: {name}: {path!r} cannot be read: {getattr(exc, 'strerror', exc)}") from exc


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError as exc:
        raise ValueError(f"tls: ca: {path!r} cannot be read: {exc.strerror}") from exc
