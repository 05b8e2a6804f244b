"""The settings of TLS: what is taken, what is wrong, and that the password of a key shows nowhere."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from mistral_async.settings import TLS
from tests.wire.authority import PASSWORD, Authority


def test_files_may_be_named_by_text_or_by_path(authority: Authority) -> None:
    certificate, key = authority.client_files()

    assert TLS(ca=str(authority.ca), certificate=str(certificate), key=str(key))
    assert TLS(ca=authority.ca, certificate=certificate, key=key)


def test_one_file_may_hold_certificate_and_key(authority: Authority) -> None:
    certificate, key = authority.client_files()
    both = certificate.with_name("both.pem")
    both.write_bytes(key.read_bytes() + certificate.read_bytes())

    assert TLS(certificate=both)


def test_an_encrypted_key_is_opened_by_its_password(authority: Authority) -> None:
    certificate, key = authority.client_files()

    assert TLS(certificate=certificate, key=authority.encrypted(key), key_password=PASSWORD)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"ca": 1}, "tls: ca must be a path, not 1"),
        ({"ca": b"ca.pem"}, "tls: ca must be a path, not b'ca.pem'"),
        ({"ca": "no/such/file"}, "tls: ca: no such file: 'no/such/file'"),
        ({"certificate": "no/such/file"}, "tls: certificate: no such file: 'no/such/file'"),
        ({"key": "x"}, "tls: key: it belongs to a certificate, and none is given"),
        ({"key_password": "x"}, "tls: key_password: it is for the key of a certificate, and none is given"),
        ({"key_password": 1}, "tls: key_password must be text"),
        ({"minimum_version": "1.1"}, "tls: minimum_version must be '1.2' or '1.3', not '1.1'"),
        ({"minimum_version": 1.2}, "tls: minimum_version must be '1.2' or '1.3', not 1.2"),
        ({"minimum_version": ["1.2"]}, "tls: minimum_version must be '1.2' or '1.3', not ['1.2']"),
        ({"ciphers": "NO-SUCH-CIPHER"}, "tls: ciphers: OpenSSL knows none of 'NO-SUCH-CIPHER'"),
        ({"ciphers": ["x"]}, "tls: ciphers must be text"),
        ({"verify": "no"}, "tls: verify must be True or False, not 'no'"),
        ({"verify_hostname": None}, "tls: verify_hostname must be True or False, not None"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^tls: ") as caught:
        TLS(**fields)

    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"ca": "{key}"}, "tls: ca: '{key}' holds no PEM certificate"),
        ({"ca": "{dir}"}, "tls: ca: no certificate in '{dir}' is named by its hash; run `openssl rehash` on it"),
        ({"ca": "\0"}, "tls: ca: '\\x00' cannot be read: embedded null byte"),
        ({"certificate": "{dir}"}, "tls: certificate: '{dir}' cannot be read: Is a directory"),
        ({"certificate": "{key}"}, "tls: certificate: '{key}' holds no PEM certificate"),
        ({"certificate": "{cert}"}, "tls: key: '{cert}' holds no PEM private key"),
        ({"certificate": "{cert}", "key": "{cert}"}, "tls: key: '{cert}' holds no PEM private key"),
        ({"certificate": "{cert}", "key": "{dir}/other.key"}, "tls: key: '{dir}/other.key' is not the key of '{cert}'"),
        (
            {"certificate": "{cert}", "key": "{sealed}"},
            "tls: key_password: '{sealed}' is encrypted, and no password is given",
        ),
        (
            {"certificate": "{cert}", "key": "{sealed}", "key_password": "hunter2"},
            "tls: key_password: '{sealed}' is not opened by it",
        ),
        (
            {"certificate": "{cert}", "key": "{sealed}", "key_password": "hunter2" * 999},
            "tls: key_password: '{sealed}' is not opened by it",
        ),
        (
            {"certificate": "{dir}/cut.pem", "key": "{key}"},
            "tls: certificate: '{dir}/cut.pem' with the key of '{key}' cannot be read: ",
        ),
    ],
)
def test_a_file_that_does_not_serve_is_named(fields: dict[str, str], complaint: str, authority: Authority) -> None:
    certificate, key = authority.client_files()
    authority.client_files("other")
    (key.parent / "cut.pem").write_bytes(certificate.read_bytes()[:200])
    places = {"dir": key.parent, "cert": certificate, "key": key, "sealed": authority.encrypted(key)}
    given: dict[str, Any] = {name: value.format(**places) for name, value in fields.items()}

    with pytest.raises(ValueError, match=r"^tls: ") as caught:
        TLS(**given)

    assert str(caught.value).startswith(complaint.format(**places))
    assert "hunter2" not in repr(caught.value)


def test_a_password_is_in_no_text_and_in_no_pickle(authority: Authority) -> None:
    certificate, key = authority.client_files()
    tls = TLS(ca=authority.ca, certificate=certificate, key=key, key_password=PASSWORD)

    loaded = pickle.loads(pickle.dumps(tls))

    assert loaded.key_password is None
    assert loaded == TLS(ca=authority.ca, certificate=certificate, key=key)
    shown = [repr(tls), str(tls), str(tls.__rich_repr__()), pickle.dumps(tls).decode("latin-1")]
    assert not [text for text in shown if "made-up" in text]


def test_a_copy_keeps_its_password(authority: Authority) -> None:
    certificate, key = authority.client_files()
    tls = TLS(certificate=certificate, key=key, key_password=PASSWORD)

    assert copy.deepcopy(tls).key_password == copy.copy(tls).key_password == PASSWORD


def test_its_text_says_what_is_set() -> None:
    assert repr(TLS(minimum_version="1.3", verify=False)) == (
        "TLS(ca=None, certificate=None, key=None, minimum_version='1.3', ciphers=None, "
        "verify_hostname=True, verify=False)"
    )
