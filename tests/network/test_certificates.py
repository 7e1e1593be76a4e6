"""Which certificates are believed, and what is said of a variable that names none."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from podsync.model.errors import UsageError
from podsync.network.certificates import VARIABLES, system, trust_of

PEM = Path(__file__).parents[1] / "providers" / "loopback.pem"
FILES = [name for name, folders in VARIABLES.items() if not folders]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which OpenSSL finds the certificate."""
    shown = subprocess.run(
        ["openssl", "x509", "-in", PEM, "-noout", "-hash"], capture_output=True, text=True, check=True
    )
    shutil.copy(PEM, tmp_path / f"{shown.stdout.strip()}.0")
    return tmp_path


def names(context: ssl.SSLContext) -> list[str]:
    return [str(each["subject"]) for each in context.get_ca_certs()]


@pytest.mark.parametrize("variable", FILES)
def test_a_file_is_believed_and_nothing_else(variable: str) -> None:
    (name,) = names(trust_of({variable: str(PEM)})())

    assert "providers of podsync's tests" in name


def test_several_variables_add_up() -> None:
    other = PEM.parent.parent / "images" / "loopback.pem"

    found = names(trust_of({"SSL_CERT_FILE": str(PEM), "CURL_CA_BUNDLE": str(other)})())

    assert len(found) == 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to name a file by its hash")
@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_folder_is_believed(variable: str, folder: Path) -> None:
    context = trust_of({variable: str(folder)})()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert names(context) == []  # a folder is looked into when a certificate is met


def test_whatever_is_believed_is_checked() -> None:
    for context in (trust_of({})(), trust_of({"SSL_CERT_FILE": str(PEM)})()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_nothing_set_and_empty_ones_mean_the_system() -> None:
    assert trust_of({}) is trust_of({"SSL_CERT_FILE": "", "OTHER": "x"}) is system


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_openssl_does_not_know_the_systems_store_another_library_asks_it(platform: str) -> None:
    assert type(system(platform)).__module__.startswith("truststore")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_file_that_is_not_there(variable: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        trust_of({variable: str(tmp_path / "no.pem")})

    assert caught.value.message.startswith(f"{variable}: ")
    assert "cannot be read: No such file" in caught.value.message
    assert f"point {variable} at a PEM file" in caught.value.remedy


@pytest.mark.parametrize("variable", FILES)
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x30\x82\x01\x02", b"-----BEGIN CERTIFICATE-----\nAAAA\n"]
)
def test_a_file_without_a_certificate(variable: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        trust_of({variable: str(path)})

    assert f"{variable}: {path} holds no certificate in PEM form" == caught.value.message


@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_folder_in_which_nothing_would_be_found(variable: str, tmp_path: Path) -> None:
    shutil.copy(PEM, tmp_path / "ca.pem")

    with pytest.raises(UsageError) as caught:
        trust_of({variable: str(tmp_path)})

    assert "no certificate is found in the folder" in caught.value.message
    assert "openssl rehash" in caught.value.remedy
