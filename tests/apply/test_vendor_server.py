"""The server of these tests does what it is told to: else a schedule that holds says nothing."""

from __future__ import annotations

import json
import socket
import ssl
import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.apply.proxy import HOST, a_proxy, certificate
from tests.apply.vendor_server import ALL_KINDS, Odd, VendorServer
from tests.apply.vendor_ways import OWN_HOST, customers, named, pictured
from tests.products import poster_spec, tee_spec

KEYS = {"kakaclo": "canary-one", "gelato": "canary-two"}


class Moment:
    def __init__(self):
        self.now = 1_760_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def moment():
    return Moment()


@pytest.fixture
def server(moment):
    server = VendorServer(moment, kakaclo_key=KEYS["kakaclo"], gelato_key=KEYS["gelato"])
    server.accounts["kakaclo"]["canary-other"] = "other"
    yield server
    server.stop()


@pytest.fixture
def http():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def kakaclo(server, http):
    def call(path, body, key=KEYS["kakaclo"], **options):
        url = f"{server.url}/openapi/v1/product/custom/{path}"
        return http.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10, **options)

    return call


@pytest.fixture
def gelato(server, http):
    def call(method, path, **options):
        headers = {"X-API-KEY": KEYS["gelato"]}
        return http.request(
            method, f"{server.url}/product/v1/{path}", headers=headers, timeout=10, **options
        )  # fmt: skip

    return call


def tee(name="A Tee", **fields):
    return tee_spec("tee", enName=name, **fields)


def poster(name="A Poster", **fields):
    return poster_spec("poster", name=name, **fields)


def add(kakaclo, *args, **fields):
    return kakaclo("customDesigned/addProduct", tee(*args, **fields))


def search(kakaclo, **body):
    answer = kakaclo("customDesigned/search", body).json()
    return answer["data"]["list"], answer["data"].get("total")


def listed(gelato, **query):
    return gelato("GET", "customer-products", params=query).json()


# -- values


@pytest.mark.parametrize(
    ("ways", "name", "kept"),
    [
        ("keep", " A  B ", " A  B "),
        ("trim", " A  B ", "A B"),
        ("ends", " A  B ", "A  B"),
        ("blanks", " A \u00a0B ", " A B "),
        ("cut:3", "abcdef", "abc"),
        ("entities", 'Q&A "it\'s"', "Q&amp;A &quot;it&#x27;s&quot;"),
        ("lower", "ÄB", "äb"),
        ("emoji", "Dino 🦖 ☀ é", "Dino ? ? é"),
        ("ascii", "恐竜", "??"),
        ("quotes", "“a” ‘b’", "\"a\" 'b'"),
        ("nfd", "é", "e\u0301"),
        ("trim+cut:3", "  abcdef", "abc"),
    ],
)
def test_names_on_their_way_in(ways, name, kept):
    assert named(name, ways) == kept


def test_pictures_are_copied_all_or_from_elsewhere_only():
    own, foreign = f"https://{OWN_HOST}/a.png", "https://cdn.example.com/a.png"

    assert pictured(foreign, 1, own_kept=True) == pictured(foreign, 1, own_kept=False)
    assert pictured(foreign, 1, own_kept=False) != pictured(foreign, 2, own_kept=False)
    assert pictured(own, 1, own_kept=True) == own
    assert pictured(own, 1, own_kept=False) != own


def test_customers_have_forms():
    assert customers(["a", "b"], "joined") == "a,b"
    assert customers(["a"], "objects") == [{"id": "a", "name": "Customer a"}]
    assert customers(["a"], "ids") == ["a"]


def test_the_books_know_what_was_sent_whatever_is_listed(kakaclo, server):
    server.names, server.rehost = "cut:4", True
    add(kakaclo, "A Tee of some length")
    add(kakaclo, "A Tee")
    add(kakaclo, "A Tee")
    server.by_hand("kakaclo", tee())

    rows, _ = search(kakaclo)
    assert {row["enName"] for row in rows[1:]} == {"A Te"}
    assert OWN_HOST in rows[-1]["imageUrl"]
    assert server.body_of(str(rows[-1]["id"])) == tee("A Tee of some length")
    assert [json.loads(body)["enName"] for body in server.doubled()] == ["A Tee"]


# -- listings


def test_totals(kakaclo, server):
    for number in range(5):
        add(kakaclo, f"T{number}")
    server.page_limit = 2

    def told(how):
        server.total = how
        return search(kakaclo, pageNumber=3, pageSize=100)

    assert [row["enName"] for row in told(lambda rows, _page: rows)[0]] == ["T0"]
    assert told(lambda rows, _page: min(rows, 3))[1] == 3
    assert told(lambda _rows, page: page)[1] == 1
    assert told(lambda rows, _page: rows + 4)[1] == 9


def test_replicas_take_turns_and_know_what_was(gelato, server, moment):
    one = gelato("POST", "customer-product", json=poster("Old")).json()["id"]
    moment.now += 100
    gelato("PATCH", f"customer-products/{one}", json={"name": "New"})
    server.replicas = (0.0, 50.0, 150.0)

    seen = [[row["name"] for row in listed(gelato)["customerProducts"]] for _ in range(3)]

    assert seen == [["New"], ["Old"], []]


def test_a_product_is_hidden_for_a_time(kakaclo, server, moment):
    add(kakaclo)
    server.hide(server.products("kakaclo")[0]["id"], 60)

    assert search(kakaclo) == ([], 0)
    moment.now += 61
    assert search(kakaclo)[1] == 1


@pytest.mark.parametrize(
    ("untold", "waits", "hides", "lists", "answered"),
    [
        (True, 700, 10_000, False, False),
        (False, 700, 10_000, False, True),
        (False, 700, 10_000, True, False),
        (False, 700, 600, False, False),
        (False, 700, None, False, False),
        (False, 500, 10_000, False, False),
    ],
    ids=[
        "nobody could know",
        "the answer told",
        "a listing showed it",
        "hidden before",
        "not hidden",
        "too early",
    ],
)
def test_what_nobody_could_know_is_told_from_every_other_double(
    kakaclo, server, moment, untold, waits, hides, lists, answered
):
    if not answered:
        server.misbehave("kakaclo.create", Odd("status", commit=True, status=400))
    kakaclo("customDesigned/addProduct", tee())
    if lists:
        search(kakaclo)
    (first,) = server.products("kakaclo")
    if hides is not None:
        server.hide(first["id"], hides)
    moment.now += waits
    kakaclo("customDesigned/addProduct", tee())

    server.behave()
    moment.now += 10_000

    assert len(server.doubled()) == 1
    assert list(server.never_told(600)) == ([first["id"]] if untold else [])


def test_a_search_misses_a_name(kakaclo, server):
    add(kakaclo, "Seen")
    add(kakaclo, "Unseen")
    server.search_misses = {"Unseen"}

    assert [row["enName"] for row in search(kakaclo, searchContent="seen")[0]] == ["Seen"]
    assert search(kakaclo)[1] == 2


def test_models_and_codes(kakaclo, server):
    add(kakaclo, modelId="007")
    server.codes = {"7": "SHARED", "8": "SHARED"}
    server.model_ids_as = "number"

    rows, _ = search(kakaclo, modelCodes=["SHARED"])
    models = kakaclo("designModel/search", {}).json()["data"]["list"]

    assert (rows[0]["modelCode"], rows[0]["modelId"]) == ("SHARED", 7)
    assert [model["id"] for model in models if model["modelCode"] == "SHARED"] == [7, 8]


def test_fields_in_another_form(gelato, server):
    gelato("POST", "customer-product", json=poster(customerIds=["c1"], productModelId="7"))
    server.customers_as, server.model_field_as, server.made_at = "joined", "number", 0
    row = listed(gelato)["customerProducts"][0]

    assert (row["customerIds"], row["productModelId"], row["createdAt"]) == ("c1", 7, 0)
    server.model_field_as = "missing"
    assert "productModelId" not in listed(gelato)["customerProducts"][0]


def test_a_cache_in_front_tells_the_age_and_the_date_of_then(kakaclo, server, moment):
    server.cache_seconds = 100
    search(kakaclo)
    add(kakaclo)
    moment.now += 40

    answer = kakaclo("customDesigned/search", {})

    assert answer.json()["data"]["list"] == []
    assert answer.headers["Age"] == "40"
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == moment.now - 40
    moment.now += 61
    assert search(kakaclo)[1] == 1


def test_accounts_that_count_alike(kakaclo, server):
    server.count_per_account = True
    server.fill("kakaclo", 2, account="other")
    add(kakaclo)

    ids = [[p["id"] for p in server.products("kakaclo", who)] for who in ("main", "other")]

    assert ids[0] == ids[1][:1]
    assert kakaclo("customDesigned/search", {}, key="canary-other").json()["data"]["total"] == 2


# -- answers


def test_dates_of_each_answer(kakaclo, server, moment):
    def date(answer):
        text = answer.headers.get("Date")
        return text and parsedate_to_datetime(text).timestamp() - moment.now

    server.dates = lambda _operation, number: [900.0, None, -60.0][number - 1]
    assert [date(add(kakaclo)) for _ in range(3)] == [900.0, None, -60.0]
    server.dates = lambda _operation, _number: 900.0
    server.misbehave("kakaclo.create", Odd("status", status=504, date=0.0))
    assert [date(add(kakaclo)) for _ in range(2)] == [0.0, 900.0]


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize(
    ("odd", "status", "body"),
    [
        (Odd("status", status=400), 400, {"message": "oops"}),
        (Odd("code", status=50000), 200, {"code": 50000, "message": "refused"}),
        (Odd("text", body=b'{"message": "Internal error"}'), 200, {"message": "Internal error"}),
    ],
)
def test_refusals_and_errors_that_were_carried_out_or_not(kakaclo, server, odd, status, body, commit):
    server.misbehave("kakaclo.create", Odd(odd.kind, commit, odd.status, body=odd.body))

    answer = add(kakaclo)

    assert (answer.status_code, answer.json()) == (status, body)
    assert len(server.products("kakaclo")) == commit


def test_an_answer_with_a_jobs_id_or_somebody_elses(gelato, server):
    other = server.by_hand("gelato", poster("Other"))
    server.misbehave("gelato.create", Odd("job"), Odd("id", body=f"cp-{other}".encode()))

    job = gelato("POST", "customer-product", json=poster())
    wrong = gelato("POST", "customer-product", json=poster())

    assert (job.status_code, job.json()["name"], job.json()["id"]) == (202, "A Poster", "job-7f31")
    assert (wrong.json()["id"], wrong.json()["name"]) == (f"cp-{other}", "A Poster")
    assert len(server.products("gelato")) == 2


def test_a_patch_that_shows_the_product_as_it_was_and_one_that_is_done_later(gelato, server, moment):
    one = gelato("POST", "customer-product", json=poster()).json()["id"]
    server.misbehave("gelato.update", Odd("unchanged", commit=True), Odd("later", seconds=30))

    told = [gelato("PATCH", f"customer-products/{one}", json={"name": n}).json()["name"] for n in "BC"]

    assert told == ["A Poster", "C"]
    assert server.products("gelato")[0]["spec"]["name"] == "B"
    moment.now += 31
    assert server.products("gelato")[0]["spec"]["name"] == "C"


def test_a_create_that_is_acknowledged_and_made_later(kakaclo, server, moment):
    server.misbehave("kakaclo.create", Odd("later", seconds=30))

    assert add(kakaclo).json()["code"] == 10000
    assert server.products("kakaclo") == []
    moment.now += 31
    assert len(server.products("kakaclo")) == 1


@pytest.mark.parametrize("kind", ["drip-head", "drip-body", "continue"])
def test_answers_that_never_end_and_never_pause(server, kind):
    server.misbehave("kakaclo.create", Odd(kind, commit=True))
    body = json.dumps(tee()).encode()
    head = (
        f"POST /openapi/v1/product/custom/customDesigned/addProduct HTTP/1.1\r\nContent-Length: {len(body)}"
    )
    head += f"\r\nAuthorization: Bearer {KEYS['kakaclo']}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 5) as sock:
        sock.sendall(head.encode() + body)
        until, pieces = time.monotonic() + 0.5, 0
        while time.monotonic() < until:
            assert sock.recv(4096)
            pieces += 1

    assert pieces > 5
    assert len(server.products("kakaclo")) == 1


def test_what_always_befalls_ends_when_it_behaves(kakaclo, server):
    server.always("kakaclo.models", Odd("status", status=503))
    server.misbehave("kakaclo.models", Odd("status", status=500))

    statuses = [kakaclo("designModel/search", {}).status_code for _ in range(3)]
    server.behave()

    assert statuses == [500, 503, 503]
    assert kakaclo("designModel/search", {}).status_code == 200


def test_chaos_is_the_same_for_the_same_seed(server):
    def drawn(seed):
        server.random.seed(seed)
        return [server.odd_for("kakaclo.create") for _ in range(60)]

    server.chaos, server.chaos_kinds = 1.0, ALL_KINDS

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)
    assert {odd.kind for odd in drawn(3)} >= {"code", "status", "text", "job", "cut"}


# -- the proxy


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def proxy(server, pem, moment):
    with a_proxy(int(server.url.rpartition(":")[2]), pem) as proxy:
        proxy.clock = moment
        yield proxy


@pytest.fixture
def through(proxy, http, pem):
    def call(path, body):
        http.proxies, http.verify = {"https": proxy.url}, str(pem)
        url = f"{proxy.urls()['kakaclo']}/v1/product/custom/{path}"
        return http.post(url, json=body, headers={"Authorization": f"Bearer {KEYS['kakaclo']}"}, timeout=10)

    return call


def test_the_proxy_carries_requests_over_tls(through, proxy, server):
    assert through("customDesigned/addProduct", tee()).json()["code"] == 10000
    assert through("customDesigned/search", {}).json()["data"]["total"] == 1
    assert (len(server.products("kakaclo")), proxy.tunnels) == (1, 1)


def test_its_certificate_is_accepted_by_nobody_who_was_not_told(proxy, http):
    http.proxies = {"https": proxy.url}

    with pytest.raises(requests.exceptions.SSLError):
        http.get(f"https://{HOST}/product/v1/customer-products", timeout=10)


@pytest.mark.parametrize("status", [407, 403, 502])
def test_the_proxy_refuses_a_tunnel(through, proxy, server, status):
    proxy.connects = [status]

    with pytest.raises(requests.exceptions.ProxyError, match=str(status)):
        through("customDesigned/addProduct", tee())

    assert server.requests == []
    assert through("customDesigned/addProduct", tee()).status_code == 200


def test_the_proxy_cuts_after_the_commit(through, proxy, server):
    proxy.cuts = lambda _method, path: path.endswith("addProduct")

    with pytest.raises(requests.ConnectionError):
        through("customDesigned/addProduct", tee())

    assert len(server.products("kakaclo")) == 1


def test_the_proxy_answers_listings_from_its_cache(through, proxy, moment):
    proxy.caches = lambda _method, path: path.endswith("search")
    through("customDesigned/search", {})
    through("customDesigned/addProduct", tee())
    moment.now += 30

    kept = through("customDesigned/search", {})
    proxy.tells_age = False
    silent = through("customDesigned/search", {})

    assert (kept.json()["data"]["total"], kept.headers["Age"]) == (0, "30")
    assert "Age" not in silent.headers


def test_a_vendor_that_hangs_up_is_a_bad_gateway_behind_the_proxy(through, server):
    server.misbehave("kakaclo.create", Odd("cut", commit=True))

    assert through("customDesigned/addProduct", tee()).status_code == 502


def test_tls_alone_without_a_proxy_is_no_vendor(server):
    context = ssl.create_default_context()
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as sock, pytest.raises(ssl.SSLError):
        context.wrap_socket(sock, server_hostname=HOST)
