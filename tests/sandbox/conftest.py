"""A running sandbox and a small client for each provider, over a real socket."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from podsync.sandbox import Rules, Sandbox

TIMEOUT = 20


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class KakaClo:
    """Calls KakaClo's paths with the right headers."""

    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self.base = sandbox.url_of("kakaclo")
        self.session = session
        self.headers = {"Authorization": "Bearer sandbox-kakaclo-token"}

    def spec(self, **fields: Any) -> dict[str, Any]:
        whole = {
            "modelId": "73",
            "enName": "Northern Fox Raglan Tee",
            "imageUrl": "https://cdn.example.com/fox-front.png",
            "backImageUrl": "https://cdn.example.com/fox-back.png",
            "materialImages": [{"imageName": "fox", "imageUrl": "https://cdn.example.com/fox.png"}],
            "colorValue": "#1F3A5F",
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not ...}

    def post(self, path: str, body: object) -> requests.Response:
        url = f"{self.base}/v1/product/custom/{path}"
        return self.session.post(url, json=body, headers=self.headers, timeout=TIMEOUT, allow_redirects=False)

    def get(self, path: str, **query: str) -> requests.Response:
        url = f"{self.base}/v1/product/{path}"
        return self.session.get(url, params=query, headers=self.headers, timeout=TIMEOUT)

    def create(self, **fields: Any) -> requests.Response:
        return self.post("customDesigned/addProduct", self.spec(**fields))

    def search(self, **body: Any) -> dict[str, Any]:
        answer = self.post("customDesigned/search", body).json()
        assert answer["code"] == 10000
        data: dict[str, Any] = answer["data"]
        return data

    def names(self, **body: Any) -> list[str]:
        return [row["enName"] for row in self.search(**body)["list"]]


class Gelato:
    """Calls GelatoConnect's paths with the right headers."""

    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self.base = f"{sandbox.url_of('gelato')}/product/v1"
        self.session = session
        self.headers = {"X-API-KEY": "sandbox-gelato-key"}

    def spec(self, **fields: Any) -> dict[str, Any]:
        mapping = [{"partModelId": "bag-fabric", "attributeIds": ["attr-hemp"]}]
        whole = {
            "name": "Tote Bag",
            "customerIds": ["customer-acme"],
            "productModelId": "model-tote-bag",
            "variantOptions": [{"id": "material", "name": "Material", "attributesMapping": mapping}],
            "partQuantities": [{"partModelId": "handle", "quantity": 2}],
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not ...}

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        options = {"headers": self.headers, "timeout": TIMEOUT, "allow_redirects": False, **options}
        return self.session.request(method, f"{self.base}/{path}", **options)

    def create(self, **fields: Any) -> requests.Response:
        return self.call("POST", "customer-product", json=self.spec(**fields))

    def patch(self, product_id: str, **body: Any) -> requests.Response:
        return self.call("PATCH", f"customer-products/{product_id}", json=body)

    def list(self, **query: Any) -> dict[str, Any]:
        answer = self.call("GET", "customer-products", params=query)
        assert answer.status_code == 200
        data: dict[str, Any] = answer.json()
        return data

    def names(self, **query: Any) -> Any:
        return [row["name"] for row in self.list(**query)["customerProducts"]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve() -> Iterator[Callable[..., Sandbox]]:
    """Start a sandbox that is stopped after the test; without rate limits unless rules are given."""
    with ExitStack() as running:

        def start(rules: Rules | None = None, **options: Any) -> Sandbox:
            unlimited = Rules(kakaclo_bucket=None, gelato_bucket=None)
            return running.enter_context(Sandbox(rules or unlimited, **options))

        yield start


@pytest.fixture
def sandbox(serve: Callable[..., Sandbox], clock: Clock) -> Sandbox:
    return serve(clock=clock)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def kakaclo(sandbox: Sandbox, session: requests.Session) -> KakaClo:
    return KakaClo(sandbox, session)


@pytest.fixture
def gelato(sandbox: Sandbox, session: requests.Session) -> Gelato:
    return Gelato(sandbox, session)


@pytest.fixture
def client(session: requests.Session) -> Callable[[Sandbox, str], Any]:
    """A client for a sandbox that the test made itself."""

    def make(sandbox: Sandbox, provider: str) -> Any:
        return (KakaClo if provider == "kakaclo" else Gelato)(sandbox, session)

    return make


@pytest.fixture(scope="session")
def vendor_examples() -> Any:
    """The request bodies that the vendors' pages show: `{"kakaclo": [one], "gelato": [three]}`."""
    return json.loads(Path(__file__).with_name("vendor_examples.json").read_text(encoding="utf-8"))
