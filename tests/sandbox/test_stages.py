"""What can happen on insert, on list, on answer and on the wire."""

import socket
import time
from email.utils import parsedate_to_datetime

import pytest

from podsync.sandbox import Fault, parse_fault
from podsync.sandbox.kakaclo.service import PICTURE_HOST, kept_picture
from podsync.sandbox.rules import treated

# -- on insert


@pytest.mark.parametrize(
    ("ways", "name", "kept"),
    [
        ("keep", " A  B ", " A  B "),
        ("trim", " A  B ", "A B"),
        ("strip", " A  B ", "A  B"),
        ("fold", " A \u3000B ", " A B "),
        ("cut:3", "abcdef", "abc"),
        ("entities", "Q&A <it's>", "Q&amp;A &lt;it&#x27;s&gt;"),
        ("lower", "Fox ÄB", "fox äb"),
        ("upper", "Fox", "FOX"),
        ("title", "red fox", "Red Fox"),
        ("emoji", "Fox 🦊 ☀", "Fox ? ?"),
        ("quotes", "“Fox” ‘n’", "\"Fox\" 'n'"),
        ("ascii", "狐 fox", "? fox"),
        ("strip+cut:2+upper", " fox ", "FO"),
    ],
)
def test_names(ways, name, kept):
    assert treated(name, ways) == kept


def test_names_of_both_providers_are_treated_alike(kakaclo, gelato, sandbox):
    sandbox.set_rules(names="entities+cut:10")
    kakaclo.create(enName="Q&A of the fox")
    gelato.create(name="Q&A of the fox")

    assert kakaclo.names() == gelato.names() == ["Q&amp;A of"]


def test_pictures_that_are_rehosted_all_or_from_elsewhere_only(kakaclo, sandbox):
    own, foreign = f"https://{PICTURE_HOST}/own.png", "https://cdn.example.com/a.png"
    sandbox.set_rules(kakaclo_pictures="foreign")
    kakaclo.create(imageUrl=own, backImageUrl=foreign)
    row = kakaclo.search()["list"][0]

    assert row["imageUrl"] == own
    assert row["backImageUrl"].startswith(f"https://{PICTURE_HOST}/images/")
    assert kept_picture(own, 1, "rehosted") != own
    assert kept_picture(None, 1, "rehosted") is None


# -- on list


@pytest.mark.parametrize(
    ("total", "shown"), [("true", 3), ("capped:2", 2), ("page", 1), ("hidden:4", 7), ("none", None)]
)
def test_totals(kakaclo, gelato, sandbox, total, shown):
    sandbox.set_rules(total=total, page_size=2)
    for number in range(3):
        kakaclo.create(enName=f"T{number}")
        gelato.create(name=f"T{number}")

    listed = kakaclo.search(pageNumber=2, pageSize=100)
    other = gelato.list(offset=2)

    assert ([row["enName"] for row in listed["list"]], listed.get("total")) == (["T0"], shown)
    assert [row["name"] for row in other["customerProducts"]] == ["T0"]
    assert other["pagination"].get("total") == shown


def test_a_replica_shows_what_was(gelato, sandbox, clock):
    product_id = gelato.create(name="Old").json()["id"]
    clock.now += 100
    gelato.patch(product_id, name="New")
    sandbox.add_faults(parse_fault("list:replica=50 for 1 request"), parse_fault("list:replica=150 after 1"))

    assert [gelato.names(), gelato.names()] == [["Old"], []]
    sandbox.clear_faults()
    assert gelato.names() == ["New"]


def test_moderation_and_a_search_that_misses(kakaclo, gelato, sandbox):
    for name in ("Red Fox", "Red Hare"):
        kakaclo.create(enName=name)
        gelato.create(name=name)
    sandbox.set_rules(hidden="Fox", search_misses="Hare")

    assert kakaclo.names() == gelato.names() == ["Red Hare"]
    assert kakaclo.names(searchContent="red") == gelato.names(search="red") == []
    sandbox.set_rules(hidden=str(sandbox.products("kakaclo")[1]["id"]))
    assert kakaclo.names() == ["Red Fox"]


def test_a_code_that_stands_for_two_models_and_one_that_changes(kakaclo, sandbox):
    kakaclo.create(modelId="1")
    kakaclo.create(modelId="73")
    old = kakaclo.search(modelCodes=["PODQRB518"])["total"]
    sandbox.set_rules(kakaclo_codes=[[1, "SHARED"], [73, "SHARED"]])
    models = kakaclo.post("designModel/search", {"modelCodes": ["SHARED"]}).json()["data"]

    assert old == 1
    assert [model["id"] for model in models["list"]] == [1, 73]
    assert {row["modelCode"] for row in kakaclo.search(modelCodes=["SHARED"])["list"]} == {"SHARED"}
    assert kakaclo.search(modelCodes=["PODQRB518"])["total"] == 0


@pytest.mark.parametrize(("form", "shown"), [("absent", None), ("number", 7), ("text", "007")])
def test_a_model_with_leading_zeros(kakaclo, sandbox, form, shown):
    assert kakaclo.create(modelId="007").json()["code"] == 20001
    sandbox.set_rules(kakaclo_zeros=True, kakaclo_model_id=form)

    assert kakaclo.create(modelId="007").json()["code"] == 10000
    row = kakaclo.search()["list"][0]
    assert (row["modelCode"], row.get("modelId")) == ("PODQ00007", shown)


def test_the_model_list_is_down(kakaclo, sandbox):
    sandbox.add_faults(parse_fault("kakaclo:models:status:503 until off"))

    assert kakaclo.post("designModel/search", {}).status_code == 503
    assert kakaclo.search()["total"] == 0


@pytest.mark.parametrize(
    ("form", "shown"), [("ids", ["a"]), ("objects", [{"id": "a"}]), ("joined", "a"), ("upper", ["A"])]
)
def test_customers_in_another_form(gelato, sandbox, form, shown):
    sandbox.set_rules(gelato_customers=form)

    assert gelato.create(customerIds=["a"]).json()["customerIds"] == ["a"]
    assert gelato.list()["customerProducts"][0]["customerIds"] == shown


@pytest.mark.parametrize(("form", "shown"), [("text", "77"), ("number", 77), ("missing", None)])
def test_gelatos_model_in_another_form(gelato, sandbox, form, shown):
    sandbox.set_rules(gelato_model=form)
    gelato.create(productModelId="77")

    assert gelato.list()["customerProducts"][0].get("productModelId") == shown


def test_several_accounts_on_one_host(kakaclo, sandbox, session):
    sandbox.set_rules(kakaclo_tokens=("sandbox-kakaclo-token", "other"))
    kakaclo.create(enName="Ours")
    filled = session.post(
        f"{sandbox.url}/_sandbox/fill", json={"provider": "kakaclo#2", "count": 3}, timeout=20
    )

    kakaclo.headers = {"Authorization": "Bearer other"}

    assert filled.json() == {"count": 3}
    assert kakaclo.names() == ["Foreign 2", "Foreign 1", "Foreign 0"]
    assert sandbox.fill("gelato", 2) == 2


# -- on answer


def told_date(answer, clock):
    text = answer.headers.get("Date")
    return text and parsedate_to_datetime(text).timestamp() - clock.now


def test_dates(kakaclo, sandbox, clock):
    assert told_date(kakaclo.create(), clock) == 0
    sandbox.set_rules(date_offset=-900)
    assert told_date(kakaclo.create(), clock) == -900
    sandbox.set_rules(date_offset=0, date_back=60)
    assert [told_date(kakaclo.create(), clock) for _ in range(3)] == [0, -60, -120]
    sandbox.set_rules(date_back=0, date_header=False)
    assert told_date(kakaclo.create(), clock) is None


def test_an_age_and_a_date_of_a_fault_itself(kakaclo, sandbox):
    sandbox.set_rules(age=40)
    sandbox.add_faults(
        Fault("any", "create", "status:504", headers=(("Date", "Tue, 01 Jan 2030 00:00:00 GMT"),))
    )

    answer = kakaclo.create()

    assert answer.headers["Date"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert "Age" not in answer.headers
    assert kakaclo.post("customDesigned/search", {}).headers["Age"] == "40"


@pytest.mark.parametrize("commit", ["", " committed"])
@pytest.mark.parametrize("code", [401, 403, 408, 429, 500, 503, 50000])
def test_codes_in_the_body_with_and_without_having_committed(kakaclo, sandbox, code, commit):
    sandbox.add_faults(parse_fault(f"code:{code}{commit}"))

    answer = kakaclo.create()

    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert kakaclo.search()["total"] == bool(commit)


@pytest.mark.parametrize("commit", ["", " committed"])
def test_a_job_that_echoes_the_body_and_the_text_of_an_error(gelato, sandbox, commit):
    sandbox.add_faults(parse_fault(f"gelato:create:job{commit}"), parse_fault(f"error-text{commit}"))

    job, error = gelato.create(), gelato.create()

    assert (job.status_code, job.json()["name"], job.json()["status"]) == (202, "Tote Bag", "queued")
    assert job.json()["id"] not in {f"cp-{p['id']}" for p in sandbox.products("gelato")}
    assert (error.status_code, list(error.json())) == (200, ["message"])
    assert len(gelato.names()) == (2 if commit else 0)


def test_an_answer_with_the_id_of_another_product(gelato, sandbox):
    first, second = (gelato.create(name=name).json()["id"] for name in ("A", "B"))
    sandbox.add_faults(parse_fault("other-id"), parse_fault("last-id"))

    wrong, twice = gelato.create(name="C").json(), gelato.create(name="D").json()

    assert (wrong["id"], wrong["name"]) == (first, "C")
    assert twice["id"] not in (first, second)
    assert twice["id"] == f"cp-{sandbox.products('gelato')[2]['id']}"
    assert len(gelato.names()) == 4


@pytest.mark.parametrize(("commit", "name"), [("", "Tote Bag"), (" committed", "New")])
def test_a_patch_answered_with_the_unchanged_product(gelato, sandbox, commit, name):
    product_id = gelato.create().json()["id"]
    sandbox.add_faults(parse_fault(f"unchanged{commit}"))

    answer = gelato.patch(product_id, name="New")

    assert (answer.status_code, answer.json()["name"]) == (200, "Tote Bag")
    assert gelato.names() == [name]


def test_what_is_acknowledged_and_in_force_later(kakaclo, gelato, sandbox, clock):
    product_id = gelato.create(name="Old").json()["id"]
    sandbox.add_faults(parse_fault("update:later taking 60s"), parse_fault("kakaclo:create:later taking 60s"))

    assert gelato.patch(product_id, name="New").json()["name"] == "New"
    assert kakaclo.create().json()["code"] == 10000
    assert (gelato.names(), kakaclo.names()) == (["Old"], [])
    clock.now += 60
    assert (gelato.names(), len(kakaclo.names())) == (["New"], 1)


# -- on the wire


def test_committed_and_then_cut(kakaclo, sandbox):
    sandbox.add_faults(parse_fault("commit-then-cut"))

    with pytest.raises(OSError, match="RemoteDisconnected"):
        kakaclo.create()

    assert len(sandbox.products("kakaclo")) == 1
    assert sandbox.requests[0].status is None


@pytest.mark.parametrize("kind", ["drip-head", "drip-body", "continue"])
def test_answers_that_drip_without_an_end(sandbox, kind):
    sandbox.add_faults(parse_fault(f"any:models:{kind} taking 1s"))
    head = "GET /openapi/v1/product/custom/modelCategoryName/search HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    began, pieces, seen = time.monotonic(), 0, b""
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), 10) as sock:
        sock.settimeout(0.9)
        sock.sendall(f"{head}Authorization: Bearer sandbox-kakaclo-token\r\n\r\n".encode())
        while piece := sock.recv(4096):
            pieces, seen = pieces + 1, seen + piece

    assert pieces >= 4
    assert time.monotonic() - began >= 0.8
    assert {"drip-head": b"X-Drip", "drip-body": b'"aaa', "continue": b"100 Continue"}[kind] in seen
    assert (b"\r\n\r\n" in seen) == (kind != "drip-head")


def test_a_drip_ends_when_the_sandbox_does(serve, client):
    sandbox = serve()
    sandbox.add_faults(parse_fault("drip-body taking 10m"))
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), 10) as sock:
        path = "/openapi/v1/product/custom/customDesigned/addProduct"
        sock.sendall(f"POST {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())
        sock.recv(10)
        began = time.monotonic()
        sandbox.stop()

    assert time.monotonic() - began < 4
