"""What other processes do to a sandbox."""

import pytest


@pytest.fixture
def control(sandbox, session):
    def call(method, path, body=None, **headers):
        url = f"{sandbox.url}/_sandbox/{path}"
        return session.request(method, url, json=body, headers=headers, timeout=20)

    return call


def test_the_state_shows_what_is_committed_whatever_the_lag(control, kakaclo, sandbox):
    sandbox.set_rules(kakaclo_lag=10**6)
    kakaclo.create()

    state = control("GET", "state").json()

    assert [item["enName"] for item in state["products"]["kakaclo"]] == ["Northern Fox Raglan Tee"]
    assert state["requests"] == {"kakaclo.create": 1}
    assert state["rules"]["kakaclo_lag"] == 10**6
    assert control("GET", "requests").json()[0]["operation"] == "create"


def test_rules_and_faults_can_be_set(control, kakaclo, sandbox):
    fault = {"provider": "kakaclo", "operation": "create", "kind": "status:503", "headers": {"A": "b"}}

    assert control("POST", "rules", {"names": "trim"}).json()["names"] == "trim"
    assert control("POST", "faults", [fault, fault]).json()[0]["kind"] == "status:503"
    assert kakaclo.create().headers["A"] == "b"
    assert control("DELETE", "faults", {}).json() == []
    assert kakaclo.create(enName=" A  B ").status_code == 200
    assert kakaclo.names() == ["A B"]


def test_a_person_can_work_from_another_process(control, kakaclo, gelato):
    made = control("POST", "create", {"provider": "gelato", "spec": gelato.spec()}).json()

    assert control("POST", "delete", {"provider": "gelato", "id": made["id"]}).json() == {"removed": True}
    assert control("POST", "delete", {"provider": "gelato", "id": made["id"]}).json() == {"removed": False}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rules", {"lag": 1}),
        ("rules", []),
        ("rules", 1),
        ("faults", [{"provider": "x"}]),
        ("faults", {"provider": "x"}),
        ("faults", 1),
        ("faults", ["explode"]),
        ("faults", [1]),
        ("fill", {}),
        ("fill", {"provider": "etsy", "count": 1}),
        ("create", {"provider": "kakaclo", "spec": {}}),
        ("create", {"provider": "kakaclo", "spec": 1}),
        ("create", {}),
        ("delete", {"provider": "etsy", "id": 1}),
    ],
)
def test_nonsense_is_answered_with_400(control, path, body):
    answer = control("POST", path, body)

    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_web_page_cannot_steer_it(control):
    assert control("GET", "state", Origin="https://example.com").status_code == 403
    assert control("GET", "state", Host="example.com").status_code == 403
    assert control("POST", "rules", {}, **{"Content-Type": "text/plain"}).status_code == 403
    assert control("GET", "nothing").status_code == 404
