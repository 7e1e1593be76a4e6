"""How long a fault lasts, how it is typed, and how it is taken away."""

import pytest

from podsync.sandbox import KINDS, Fault, parse_fault
from podsync.sandbox.faults.delivery import DELIVERIES
from podsync.sandbox.sides import all_answers


def statuses(kakaclo, count):
    return [kakaclo.create().status_code for _ in range(count)]


def test_a_fault_lasts_for_a_time(kakaclo, sandbox, clock):
    sandbox.add_faults(parse_fault("kakaclo:create:status:503 for 10m"))

    during = statuses(kakaclo, 3)
    clock.now += 599
    during += statuses(kakaclo, 1)
    clock.now += 1

    assert during == [503] * 4
    assert statuses(kakaclo, 1) == [200]


def test_a_fault_lasts_for_so_many_requests(kakaclo, sandbox):
    sandbox.add_faults(parse_fault("status:503 for 2 requests after 1"))

    assert statuses(kakaclo, 4) == [200, 503, 503, 200]


def test_a_fault_lasts_until_it_is_taken_away(kakaclo, sandbox, session):
    url = f"{sandbox.url}/_sandbox/faults"
    words = ["kakaclo:create:status:503 until off", "any:any:age=7"]
    assert [fault["count"] for fault in session.post(url, json=words, timeout=20).json()] == [None, None]
    during = statuses(kakaclo, 30)

    left = session.request("DELETE", url, json=words[:1], timeout=20).json()

    assert during == [503] * 30
    assert [fault["kind"] for fault in left] == ["age=7"]
    assert statuses(kakaclo, 1) == [200]
    assert session.request("DELETE", url, json={}, timeout=20).json() == []


def test_a_rule_is_another_one_for_a_time_and_then_what_it_was(kakaclo, sandbox, clock):
    sandbox.set_rules(names="lower")
    sandbox.add_faults(parse_fault("names=upper for 60s"), parse_fault("kakaclo:list:total=capped:1 for 60s"))
    kakaclo.create(enName="Fox")
    kakaclo.create(enName="Hare")

    during = kakaclo.search()
    clock.now += 60
    kakaclo.create(enName="Owl")

    assert during["total"] == 1
    assert [row["enName"] for row in during["list"]] == ["HARE", "FOX"]
    assert kakaclo.search()["total"] == 3
    assert kakaclo.names()[0] == "owl"
    assert sandbox.rules.names == "lower"


def test_rules_and_a_fault_befall_the_same_request(kakaclo, sandbox, clock):
    sandbox.add_faults(parse_fault("date_offset=900"), parse_fault("status:504 committed"))

    answer = kakaclo.create(enName="Fox")

    assert answer.status_code == 504
    assert answer.headers["Date"] == "Tue, 14 Nov 2023 22:28:20 GMT"
    assert kakaclo.names() == ["Fox"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("fin", Fault("any", "create", "fin")),
        ("gelato:create:status:400", Fault("gelato", "create", "status:400")),
        ("list:nothing-listed", Fault("any", "list", "nothing-listed")),
        ("code:50000 committed", Fault("kakaclo", "create", "code:50000", commit=True)),
        ("unchanged", Fault("gelato", "update", "unchanged")),
        ("job committed for 3 requests", Fault("any", "create", "job", commit=True, count=3)),
        ("late taking 40s after 2", Fault("any", "create", "late", seconds=40, skip=2)),
        ("drip-body taking 1.5m until off", Fault("any", "create", "drip-body", seconds=90, count=None)),
        ("kakaclo:models:status:503 for 2h", Fault("kakaclo", "models", "status:503", None, lasts=7200)),
        ("hidden=Dino Tee for 1d", Fault("any", "any", "hidden=Dino Tee", None, lasts=86400)),
        ("names=trim+cut:20 for 1 request", Fault("any", "any", "names=trim+cut:20", count=1)),
        ('kakaclo_codes=[[1,"X"],[2,"X"]]', Fault("any", "any", 'kakaclo_codes=[[1,"X"],[2,"X"]]', None)),
    ],
)
def test_a_fault_as_it_is_typed(text, fault):
    assert parse_fault(text) == fault
    assert Fault.from_dict(fault.to_dict()) == fault


@pytest.mark.parametrize(
    "text",
    [
        "", "explode", "fin:3", "status", "status:99", "status:9999", "code:x", "gelato:create:code:1",
        "kakaclo:create:other-id", "fin for ever", "fin for 0 requests", "fin for 0s", "names=shout",
        "nothing=1", "total=about:3", "page_size=0", "page_size=x", "age=-1", "replica=often", "hidden=1",
        "kakaclo_pictures=some", "nobody:create:fin",
    ],
)  # fmt: skip
def test_what_would_never_happen_is_refused(text):
    with pytest.raises(ValueError, match=r"fault|cannot be set"):
        parse_fault(text)


def test_every_kind_acts_at_one_stage():
    acting = [*all_answers(), *DELIVERIES, "late", "later"]

    assert sorted(acting) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_typed_and_is_explained(kind):
    assert parse_fault(f"{kind}:500" if KINDS[kind].numbers else kind).word == kind
    assert KINDS[kind].help


def test_a_fresh_sandbox_gives_no_id_that_an_earlier_one_gave(serve, client, tmp_path):
    seen = set()
    for number in range(4):
        sandbox = serve(data=tmp_path / str(number))
        for provider in ("kakaclo", "gelato"):
            client(sandbox, provider).create()
            seen |= {str(product["id"]) for product in sandbox.products(provider)}
        sandbox.stop()

    assert len(seen) == 8


def test_ids_begin_where_a_test_says_and_go_on_from_the_data(serve, client, tmp_path):
    first = serve(first_id=1, data=tmp_path)
    client(first, "kakaclo").create()
    first.stop()
    second = serve(first_id=1, data=tmp_path)
    client(second, "kakaclo").create()

    assert [product["id"] for product in second.products("kakaclo")] == [5001, 5002]
