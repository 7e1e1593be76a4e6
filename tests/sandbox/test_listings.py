"""What a listing shows, when, and in which order."""

import pytest


def walk(kakaclo, size=2):
    """The ids page by page, until a page is not full."""
    pages = []
    while not pages or len(pages[-1]) == size:
        rows = kakaclo.search(pageSize=size, pageNumber=len(pages) + 1)["list"]
        pages.append([row["id"] for row in rows])
    return pages


def test_a_new_product_is_listed_after_the_lag(kakaclo, sandbox, clock):
    sandbox.set_rules(kakaclo_lag=300)
    kakaclo.create()

    clock.now += 299
    assert kakaclo.search() == {"list": [], "total": 0}
    assert len(sandbox.products("kakaclo")) == 1
    clock.now += 1
    assert kakaclo.search()["total"] == 1


def test_changes_and_removals_lag_too(gelato, sandbox, clock):
    product_id = gelato.create(name="Old").json()["id"]
    clock.now += 100
    sandbox.set_rules(gelato_lag=60)
    gelato.patch(product_id, name="New")

    assert gelato.names() == ["Old"]
    assert gelato.names(search="new") == []
    clock.now += 60
    assert gelato.names(search="new") == ["New"]
    sandbox.delete("gelato", product_id)
    assert gelato.names() == ["New"]
    assert sandbox.products("gelato") == []
    clock.now += 60
    assert gelato.names() == []


def test_lifting_the_lag_shows_all_at_once(gelato, sandbox):
    sandbox.set_rules(gelato_lag=10**9)
    product_id = gelato.create().json()["id"]

    assert gelato.names(customerProductIds=product_id) == []
    sandbox.set_rules(gelato_lag=0)
    assert gelato.names(customerProductIds=product_id) == ["Tote Bag"]


def test_orders(kakaclo, sandbox):
    for number in range(9):
        kakaclo.create(enName=str(number), modelId=str(1 + number % 2))

    newest = kakaclo.names()
    sandbox.set_rules(order="oldest")
    oldest = kakaclo.names()
    sandbox.set_rules(order="shuffle")
    shuffled = kakaclo.names()
    again = kakaclo.names()
    sandbox.set_rules(order_seed=1)

    assert newest == list("876543210")
    assert oldest == list("012345678")
    assert sorted(shuffled) == oldest
    assert shuffled not in (newest, oldest)
    assert again == shuffled
    assert kakaclo.names() != shuffled


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffle"])
def test_steady_pages_show_each_row_once(kakaclo, sandbox, order):
    sandbox.set_rules(order=order)
    for _ in range(7):
        kakaclo.create()

    assert [len(page) for page in walk(kakaclo)] == [2, 2, 2, 1]
    assert len({row for page in walk(kakaclo) for row in page}) == 7


def test_pages_may_repeat_rows(kakaclo, sandbox):
    sandbox.set_rules(pages="repeat")
    for _ in range(4):
        kakaclo.create()

    pages = walk(kakaclo)

    assert [page[0] for page in pages[1:]] == [page[-1] for page in pages[:-1]]
    assert len({row for page in pages for row in page}) == 4


def test_pages_may_skip_rows(kakaclo, gelato, sandbox):
    sandbox.set_rules(pages="skip", order="oldest")
    for number in range(7):
        kakaclo.create()
        gelato.create(name=str(number))

    assert sum(len(page) for page in walk(kakaclo)) == 5
    assert kakaclo.search()["total"] == 7
    assert gelato.names(offset=0, limit=2) + gelato.names(offset=2, limit=2) == ["0", "1", "3", "4"]


@pytest.mark.parametrize(("past_end", "shown"), [("empty", []), ("last", ["6"])])
def test_a_page_past_the_last_one(kakaclo, gelato, sandbox, past_end, shown):
    sandbox.set_rules(past_end=past_end, order="oldest")
    assert gelato.names(offset=9, limit=2) == []
    for number in range(7):
        gelato.create(name=str(number))
        kakaclo.create(enName=str(number))

    assert gelato.names(offset=99, limit=2) == shown
    assert [row["enName"] for row in kakaclo.search(pageNumber=9, pageSize=2)["list"]] == shown
    assert gelato.names(offset=4, limit=2) == ["4", "5"]


def test_a_page_past_the_last_one_may_be_refused(kakaclo, gelato, sandbox):
    sandbox.set_rules(past_end="error")
    gelato.create()
    kakaclo.create()

    assert len(gelato.names(offset=0)) == len(kakaclo.names(pageNumber=1)) == 1
    assert gelato.call("GET", "customer-products", params={"offset": 1}).status_code == 400
    assert "out of range" in kakaclo.post("customDesigned/search", {"pageNumber": 2}).json()["message"]
