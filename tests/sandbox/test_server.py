"""The server itself: connections, records, restarts, many clients at once."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from podsync.sandbox import Fault, Rules, Sandbox

HEADERS = {"Authorization": "Bearer sandbox-kakaclo-token", "Content-Type": "application/json"}
CREATE = "/openapi/v1/product/custom/customDesigned/addProduct"


def port_of(sandbox):
    return int(sandbox.url.rpartition(":")[2])


def raw(sandbox, data):
    """What the server sends for these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=20) as client:
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_requests_are_recorded_as_they_came(kakaclo, gelato, sandbox, clock):
    kakaclo.create(enName="Füchse")
    gelato.list(search="a b")

    first, second = sandbox.requests

    assert (first.provider, first.operation, first.method, first.status) == ("kakaclo", "create", "POST", 200)
    assert (first.json["enName"], first.time) == ("Füchse", clock.now)
    assert first.headers["Authorization"] == "Bearer sandbox-kakaclo-token"
    assert "X-API-KEY" not in first.headers
    assert second.path == "/product/v1/customer-products?search=a+b"
    assert sandbox.counts == {"kakaclo.create": 1, "gelato.list": 1}


def test_the_record_can_be_bounded(serve, client):
    sandbox = serve(record=2)
    kakaclo = client(sandbox, "kakaclo")
    for number in range(3):
        kakaclo.create(enName=str(number))

    assert [item.json["enName"] for item in sandbox.requests] == ["1", "2"]
    assert sandbox.counts == {"kakaclo.create": 3}


def test_a_connection_serves_many_requests(sandbox, kakaclo):
    connection = http.client.HTTPConnection("127.0.0.1", port_of(sandbox), timeout=20)
    used = set()
    for _ in range(3):
        connection.request("POST", CREATE, json.dumps(kakaclo.spec()), HEADERS)
        used.add(connection.sock.getsockname())
        answer = connection.getresponse()
        assert json.loads(answer.read())["code"] == 10000
    connection.close()

    assert len(used) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/2.0 x\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo Colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000,
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(sandbox, data):
    assert raw(sandbox, data).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_dies_while_sending_created_nothing(sandbox):
    head = f"POST {CREATE} HTTP/1.1\r\nContent-Length: 1000\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=20) as client:
        client.sendall(head + b'{"modelId": "1"')
        client.shutdown(socket.SHUT_WR)
        client.recv(65536)

    assert sandbox.requests == []


def test_connection_close_and_old_clients_are_honoured(sandbox):
    closing = raw(sandbox, b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert b"Connection: close" in closing
    assert raw(sandbox, b"GET /x HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_a_large_body_may_ask_first(sandbox):
    head = b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"

    assert raw(sandbox, head + b"{}").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 ")


def test_stopping_refuses_connections_and_starting_again_keeps_port_and_products(serve, client):
    sandbox = serve()
    kakaclo = client(sandbox, "kakaclo")
    kakaclo.create()
    url = sandbox.url
    sandbox.stop()

    with pytest.raises(requests.ConnectionError):
        kakaclo.create()
    sandbox.start()

    assert sandbox.url == url
    assert kakaclo.search()["total"] == 1


def test_stopping_does_not_wait_for_what_hangs(serve, client):
    sandbox = serve(faults=[Fault("kakaclo", "create", "hang", seconds=10**6)])
    kakaclo = client(sandbox, "kakaclo")
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(kakaclo.create)
        while not sandbox.requests:
            pass
        sandbox.stop()

        with pytest.raises(requests.ConnectionError):
            hanging.result(20)


def test_a_person_makes_and_removes_products(kakaclo, gelato, sandbox):
    made = sandbox.create_by_hand("kakaclo", kakaclo.spec(enName="By hand"))
    bag = sandbox.create_by_hand("gelato", gelato.spec(name="By hand"))

    assert kakaclo.names() == gelato.names() == ["By hand"]
    assert sandbox.delete("kakaclo", made["spu"])
    assert not sandbox.delete("kakaclo", made["id"])
    assert sandbox.delete("gelato", f"cp-{bag['id']}")
    assert kakaclo.names() == gelato.names() == []
    with pytest.raises(ValueError, match="modelId"):
        sandbox.create_by_hand("kakaclo", {})
    with pytest.raises(ValueError, match="provider"):
        sandbox.products("etsy")


def test_many_clients_at_once_lose_and_double_nothing(serve, tmp_path):
    sandbox = serve(data=tmp_path)

    def client(worker):
        connection = http.client.HTTPConnection("127.0.0.1", port_of(sandbox), timeout=60)
        for number in range(50):
            spec = {"modelId": "1", "enName": f"{worker}-{number}", "imageUrl": "u", "colorValue": "c"}
            connection.request("POST", CREATE, json.dumps(spec), HEADERS)
            assert json.loads(connection.getresponse().read())["code"] == 10000
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client, range(8)))

    products = sandbox.products("kakaclo")
    assert len({item["enName"] for item in products}) == len({item["id"] for item in products}) == 400
    assert len((tmp_path / "products.jsonl").read_bytes().splitlines()) == 400


def test_ten_thousand_products_can_be_listed(serve, client):
    sandbox = serve()
    kakaclo = client(sandbox, "kakaclo")
    for number in range(10_000):
        sandbox.create_by_hand("kakaclo", kakaclo.spec(enName=f"P{number}"))

    ids = {
        row["id"]
        for page in range(1, 101)
        for row in kakaclo.search(pageSize=100, pageNumber=page, modelCodes=["PODQRB518"])["list"]
    }

    assert len(ids) == 10_000


def test_the_date_header_goes_by_the_clock(kakaclo):
    assert kakaclo.create().headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_latency_is_waited(serve, client):
    kakaclo = client(serve(Rules(latency=0.05)), "kakaclo")

    assert kakaclo.create().elapsed.total_seconds() >= 0.05


def test_rules_survive_json_and_unknown_ones_are_refused():
    rules = Rules(names="cut:40", kakaclo_bucket=None, gelato_models=("a",), order="shuffle")

    assert Rules.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules
    assert Rules.from_dict({"models": [{"id": 5}], "any_model": False}).models[0].code == "PODQ00005"
    for wrong in ({"lag": 1}, {"order": "best"}, {"names": "cut:0"}, {"latency": "1"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Rules.from_dict(wrong)


def test_a_taken_port_is_refused(sandbox):
    with pytest.raises(OSError, match=r"in use|only one usage"):
        Sandbox(port=port_of(sandbox)).start()
