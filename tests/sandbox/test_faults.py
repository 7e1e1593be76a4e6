"""Each way of failing, before the effect and after it."""

import http.client
import time

import pytest
import requests

from podsync.sandbox import Fault

ERRORS = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture(params=[False, True], ids=["before", "after"])
def commit(request):
    return request.param


def committed(sandbox):
    return len(sandbox.products("kakaclo")), len(sandbox.products("gelato"))


@pytest.mark.parametrize("kind", ["fin", "rst"])
def test_a_connection_that_closes_without_an_answer(kakaclo, sandbox, kind, commit):
    sandbox.add_faults(Fault("kakaclo", "create", kind, commit=commit))

    with pytest.raises(requests.ConnectionError) as raised:
        kakaclo.create()

    text = str(raised.value)
    assert ("RemoteDisconnected" in text) if kind == "fin" else ("RemoteDisconnected" not in text)
    assert committed(sandbox)[0] == int(commit)
    assert sandbox.requests[0].status is None


def test_half_an_answer(gelato, sandbox, commit):
    sandbox.add_faults(Fault("gelato", "create", "half", commit=commit))

    with pytest.raises(ERRORS) as raised:
        gelato.create()

    assert "IncompleteRead" in str(raised.value)
    assert committed(sandbox)[1] == int(commit)


def test_half_a_listing(kakaclo, sandbox, commit):
    sandbox.add_faults(Fault("kakaclo", "list", "half", commit=commit))

    with pytest.raises(ERRORS):
        kakaclo.search()
    assert kakaclo.search()["total"] == 0


def test_silence(kakaclo, sandbox, commit):
    sandbox.add_faults(Fault("kakaclo", "create", "hang", commit=commit, seconds=60))
    url = f"{kakaclo.base}/v1/product/custom/customDesigned/addProduct"

    with pytest.raises(requests.ReadTimeout):
        kakaclo.session.post(url, json=kakaclo.spec(), headers=kakaclo.headers, timeout=0.3)

    assert committed(sandbox)[0] == int(commit)


def test_a_create_that_takes_effect_after_the_client_left(kakaclo, sandbox):
    sandbox.add_faults(Fault("kakaclo", "create", "late", seconds=0.5))
    url = f"{kakaclo.base}/v1/product/custom/customDesigned/addProduct"

    with pytest.raises(requests.ReadTimeout):
        kakaclo.session.post(url, json=kakaclo.spec(), headers=kakaclo.headers, timeout=0.05)
    deadline = time.monotonic() + 20
    while committed(sandbox) != (1, 0) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert committed(sandbox) == (1, 0)


def test_bytes_that_drip(gelato, sandbox):
    sandbox.add_faults(Fault("gelato", "create", "slow", seconds=0.1))

    assert gelato.create().json()["name"] == "Tote Bag"
    assert gelato.create().status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 401, 403, 404, 409, 400, 307, 202, 418])
def test_statuses(kakaclo, gelato, sandbox, status, commit):
    sandbox.add_faults(Fault("any", "create", f"status:{status}", commit=commit, count=2))

    answers = kakaclo.create(), gelato.create()

    assert [answer.status_code for answer in answers] == [status, status]
    assert isinstance(answers[1].json()["message"], str)
    assert committed(sandbox) == (int(commit), int(commit))
    assert (kakaclo.create().status_code, gelato.create().status_code) == (200, 200)


def test_a_status_with_headers_and_a_body(gelato, sandbox):
    headers = (("Location", "http://127.0.0.1:9/other"), ("Retry-After", "1e9"))
    sandbox.add_faults(Fault("gelato", "create", "status:307", headers=headers, body="moved"))

    answer = gelato.create()

    assert (answer.headers["Location"], answer.headers["Retry-After"]) == (headers[0][1], "1e9")
    assert answer.text == "moved"


def test_an_answer_without_a_body_keeps_the_connection(gelato, sandbox):
    sandbox.add_faults(Fault("gelato", "create", "status:204", commit=True))

    assert (gelato.create().content, gelato.create().status_code) == (b"", 200)


@pytest.mark.parametrize("kind", ["html", "empty", "garbage"])
def test_a_200_that_cannot_be_read(kakaclo, sandbox, kind, commit):
    sandbox.add_faults(Fault("kakaclo", "create", kind, commit=commit))

    answer = kakaclo.create()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html" if kind == "html" else "application/json")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert committed(sandbox)[0] == int(commit)


def test_a_refusal_by_code(kakaclo, sandbox, commit):
    sandbox.add_faults(Fault("kakaclo", "create", "code:20013", commit=commit))

    answer = kakaclo.create()

    assert (answer.status_code, answer.json()["code"]) == (200, 20013)
    assert committed(sandbox)[0] == int(commit)


def test_a_listing_that_shows_nothing(kakaclo, gelato, sandbox):
    kakaclo.create()
    gelato.create()
    sandbox.add_faults(Fault("any", "list", "nothing-listed", count=2))

    assert (kakaclo.search()["total"], gelato.names()) == (0, [])
    assert (kakaclo.search()["total"], gelato.names()) == (1, ["Tote Bag"])


def test_an_update_that_is_lost_or_not(gelato, sandbox, commit):
    product_id = gelato.create().json()["id"]
    sandbox.add_faults(Fault("gelato", "update", "status:502", commit=commit))

    assert gelato.patch(product_id, name="New").status_code == 502
    assert sandbox.products("gelato")[0]["name"] == ("New" if commit else "Tote Bag")


def test_skip_count_and_contains_choose_the_requests(kakaclo, sandbox):
    sandbox.add_faults(
        Fault("kakaclo", "create", "status:503", skip=2, count=2),
        Fault("kakaclo", "create", "status:504", count=None, contains="Cursed"),
    )

    statuses = [kakaclo.create().status_code for _ in range(5)]
    cursed = [kakaclo.create(enName="Cursed Tee").status_code for _ in range(2)]

    assert statuses == [200, 200, 503, 503, 200]
    assert cursed == [504, 504]
    assert kakaclo.search()["total"] == 3


def test_a_probability_is_the_same_for_the_same_seed(kakaclo, sandbox):
    def run(seed):
        sandbox.clear_faults()
        sandbox.add_faults(Fault("kakaclo", "models", "status:500", count=None, probability=0.5, seed=seed))
        return [kakaclo.get("custom/modelCategoryName/search").status_code for _ in range(40)]

    first = run(1)

    assert set(first) == {200, 500}
    assert run(1) == first
    assert run(2) != first


@pytest.mark.parametrize(
    "words",
    [
        ("nobody", "create", "fin"),
        ("gelato", "destroy", "fin"),
        ("gelato", "create", "explode"),
        ("gelato", "create", "status:abc"),
        ("gelato", "create", "status:99"),
        ("gelato", "create", "code:20013"),
    ],
)
def test_a_fault_that_could_never_happen_is_refused(words):
    with pytest.raises(ValueError, match="fault"):
        Fault(*words)


def test_a_fault_survives_json():
    fault = Fault("gelato", "create", "status:429", headers=(("Retry-After", "3"),), skip=1, count=None)

    assert Fault.from_dict(fault.to_dict()) == fault
    with pytest.raises(ValueError, match="not a fault"):
        Fault.from_dict({"provider": "gelato", "operation": "create", "kind": "fin", "when": 1})


def test_other_requests_go_on_while_one_hangs(kakaclo, sandbox):
    sandbox.add_faults(Fault("kakaclo", "create", "hang", seconds=60))
    port = int(sandbox.url.rpartition(":")[2])
    stuck = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        stuck.request("POST", "/openapi/v1/product/custom/customDesigned/addProduct", "{}", kakaclo.headers)
        deadline = time.monotonic() + 20
        while not sandbox.requests and time.monotonic() < deadline:
            time.sleep(0.01)

        assert kakaclo.search()["total"] == 0
    finally:
        stuck.close()
