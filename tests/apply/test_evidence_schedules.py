"""The ten things that were seen outside the harnesses, each of them evidence believed beyond its worth.

What is asserted is what must hold, never how: nothing doubled, nothing lost, nothing bound to a wrong
product, a true report, the exit code, and what may not be sent.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.model.errors import StateError
from tests.apply.evidence import (
    CUT_AFTER,
    CUT_BEFORE,
    LONG,
    NAMES,
    PROVIDERS,
    advice,
    begin,
    creates,
    ends_well,
    in_doubt,
    kept_state,
    lose,
    made,
    make,
    other_machine,
    outcome,
    put_back,
    results,
    takes,
    truth,
    well_again,
)
from tests.apply.proxy import a_proxy, certificate
from tests.apply.vendor_server import Odd
from tests.apply.vendor_ways import OWN_HOST
from tests.apply.world import OTHER_GELATO_KEY, OTHER_KAKACLO_KEY, SETTLE, at
from tests.products import poster_spec, tee_spec

OTHER_KEYS = {"kakaclo": OTHER_KAKACLO_KEY, "gelato": OTHER_GELATO_KEY}
LISTING = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}
both = pytest.mark.parametrize("provider", PROVIDERS)
DAY = 86400.0
committed = pytest.mark.parametrize("commit", [True, False], ids=["made", "not made"])


# -- 1. behind an HTTPS proxy


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def proxy(world, pem, monkeypatch):
    with a_proxy(int(world.server.url.rpartition(":")[2]), pem) as proxy:
        proxy.clock = world.clock.true
        world.proxies, world.urls = {"https": proxy.url}, proxy.urls
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        yield proxy


def is_create(method, path):
    return method == "POST" and path.endswith(("addProduct", "/customer-product"))


@both
def test_1_a_create_is_cut_after_the_commit_behind_a_proxy(world, proxy, provider):
    make(world, provider)
    left = [1]
    proxy.cuts = lambda method, path: is_create(method, path) and bool(left) and left.pop()

    report = world.apply()

    assert report.exit_code == 0
    assert (creates(world), made(world, provider)) == (1, 1)
    truth(world, report)


@both
def test_1_every_answer_to_a_create_is_cut_behind_a_proxy(world, proxy, provider):
    for number in range(3):
        make(world, provider, f"n{number}")
    proxy.cuts = is_create
    world.server.lag = 60

    report = world.apply()

    assert report.exit_code == 0
    assert (creates(world), made(world, provider)) == (3, 3)
    truth(world, report)


@both
def test_1_nothing_comes_back_any_more_behind_a_proxy(world, proxy, provider):
    address = make(world, provider)
    sent = []

    def cuts(method, path):
        sent.append(is_create(method, path))
        return any(sent)

    proxy.cuts = cuts

    report = world.apply()

    assert report.exit_code == 8
    assert outcome(report, address).result is Result.IN_DOUBT
    assert (creates(world), made(world, provider)) == (1, 1)
    truth(world, report)


@both
@pytest.mark.parametrize("status", [407, 403, 502])
def test_1_a_tunnel_that_is_refused_leaves_nothing_in_doubt(world, proxy, provider, status):
    make(world, provider)
    proxy.connects = [status] * 1000

    report = world.apply()

    assert world.server.requests == []
    assert report.exit_code == 4
    assert not [e for e in world.state.entries.values() if e.pending]


@both
@pytest.mark.parametrize("tells", [True, False], ids=["age", "only an old date"])
def test_1_a_proxy_answers_listings_from_its_cache(world, proxy, provider, tells):
    begin(world, provider)
    proxy.caches = lambda method, path: not is_create(method, path) and method != "PATCH"
    proxy.tells_age = tells
    make(world, provider)
    # The gateway's answer is younger than what the cache holds of before.
    late = Odd("status", commit=True, status=504, hook=lambda: world.clock.pass_by(5))
    world.server.misbehave(f"{provider}.create", late, late)

    report = world.apply()

    assert creates(world) == 1
    truth(world, report)
    proxy.caches = lambda _method, _path: False
    ends_well(world)
    assert made(world, provider) == 1


# -- 2. clocks that disagree


def ahead_of_the_gateway(server):
    server.dates = lambda _operation, _number: 900.0


def from_a_cache_at_first(server):
    server.dates = lambda operation, number: -900.0 if operation in LISTING.values() and number == 1 else 0.0


def steps_forward(server):
    server.dates = lambda operation, number: 3600.0 if operation in LISTING.values() and number > 2 else 0.0


def goes_back(server):
    server.dates = lambda operation, number: -60.0 * number if operation in LISTING.values() else 0.0


def now_and_then(server):
    server.dates = lambda _operation, number: (None, 900.0)[number % 2]


@both
@committed
@pytest.mark.parametrize(
    "clock", [ahead_of_the_gateway, from_a_cache_at_first, steps_forward, goes_back, now_and_then]
)
def test_2_dates_that_disagree_end_no_doubt_of_this_run(world, provider, commit, clock):
    """The gateway answers 504 with the right time; what the vendor itself tells is another."""
    begin(world, provider)
    for number in range(3):
        make(world, provider, f"n{number}")
    clock(world.server)
    world.server.lag = 240
    gateway = Odd("status", commit=commit, status=504, date=0.0)
    world.server.misbehave(f"{provider}.create", *[gateway] * 3)

    report = world.apply()

    world.server.dates = None
    sent = [seen.at for seen in world.server.sent(f"{provider}.create")]
    if commit:
        assert len(sent) == 3
    else:
        # Not again before each doubt is settled by this run's own clock.
        assert all(moment - sent[0] >= SETTLE for moment in sent[3:])
    truth(world, report)
    ends_well(world)
    assert made(world, provider) == 3


# -- 3. twelve colours of one product


COLOURS = [f"#{number:02X}{number:02X}{number:02X}" for number in range(12)]


def variants(world, count=12, **fields):
    """One name, one model, mock-ups of their own."""
    return [
        world.tee(f"c{number}", enName="Dino Tee", colorValue=COLOURS[number], **fields)
        for number in range(count)
    ]


def test_3_twelve_colours_where_pictures_are_rehosted(world):
    world.server.rehost, world.server.lag = True, 60
    addresses = variants(world)

    report = world.apply()

    assert creates(world) == 1
    assert report.exit_code == 4
    assert sum(result in (Result.CREATED, Result.SETTLED) for result in results(report)) == 1
    assert {o.result for o in report.outcomes} <= {Result.CREATED, Result.FAILED, Result.NOT_TRIED}
    assert len(report.outcomes) == len(addresses)
    truth(world, report)
    again = world.apply()
    assert creates(world) == 1
    truth(world, again)


def test_3_twelve_colours_that_got_names_of_their_own(world):
    world.server.rehost, world.server.lag = True, 60
    variants(world)
    world.apply()
    for address in list(world.documents):
        if address not in world.state.entries:
            number = int(address.name[1:])
            world.tee(address.name, enName=f"Dino Tee {COLOURS[number]}", colorValue=COLOURS[number])

    report = world.apply()

    assert report.exit_code == 0
    truth(world, report)
    ends_well(world)
    assert made(world, "kakaclo") == 12


@pytest.mark.parametrize("lag", [0, 240])
def test_3_twelve_colours_where_pictures_are_kept(world, lag):
    world.server.lag = lag
    variants(world)

    report = world.apply()

    assert report.exit_code == 0
    assert made(world, "kakaclo") == 12
    truth(world, report)
    ends_well(world)


@pytest.mark.parametrize("rehost", [True, False], ids=["rehosted", "kept"])
@committed
@pytest.mark.parametrize("which", [0, 1])
def test_3_twelve_colours_and_one_answer_is_cut(world, rehost, commit, which):
    begin(world, "kakaclo")
    world.server.rehost, world.server.lag = rehost, 60
    variants(world)
    world.server.misbehave("kakaclo.create", *[None] * which, Odd("cut", commit=commit))

    report = world.apply()

    truth(world, report)
    truth(world, well_again(world))
    assert rehost or made(world, "kakaclo") == 12


@pytest.mark.parametrize("rehost", [True, False], ids=["rehosted", "kept"])
def test_3_a_colour_is_replaced_before_the_first_id_was_listed(world, rehost):
    world.server.rehost, world.server.lag = rehost, 300
    address = world.tee(enName="Dino Tee")
    world.apply(wait=False)
    world.tee(enName="Dino Tee", colorValue="#00FF00")

    report = world.apply(wait=False)

    assert creates(world) == 1
    truth(world, report)
    ends_well(world)
    assert world.server.body_of(world.entry(address).id)["colorValue"] == "#00FF00"
    assert made(world, "kakaclo") == 2


# -- 4. the state does not know all


@both
@pytest.mark.parametrize("memory", [True, False], ids=["all lost", "the machine remembers"])
def test_4_the_state_is_lost_where_pictures_are_rehosted(world, provider, memory):
    world.server.rehost, world.server.names = True, "trim+upper"
    for number in range(3):
        make(world, provider, f"n{number}")
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=memory)

    report = world.apply()

    # What the machine remembers was acknowledged: it is in doubt again, and asked about.
    open_ = Result.NOT_TRIED if memory else Result.IN_DOUBT
    assert creates(world) == 3
    assert report.exit_code in ((4, 5) if memory else (8,))
    for line in advice(report):
        assert "--first-contact" not in line or "import" in " ".join(advice(report))
    truth(world, report)

    insists = world.apply(first_contact=True)

    assert creates(world) == 3
    assert insists.exit_code == (4 if memory else 8)
    assert set(results(insists)) <= {open_, Result.FAILED}
    truth(world, insists)


@pytest.mark.parametrize("memory", [True, False], ids=["fresh clone", "forced back"])
@pytest.mark.parametrize("contact", [False, True])
def test_4_the_state_is_one_apply_behind(world, memory, contact):
    """A colleague's fresh clone has an older state; a state branch was forced back where it was known."""
    world.server.rehost = True
    world.tee("first")
    world.apply()
    older = kept_state(world)
    world.clock.pass_by(LONG)
    world.tee("second")
    world.apply()
    assert creates(world) == 2
    world.clock.pass_by(LONG)
    lose(world, memory=memory)
    put_back(world.folder, older)

    report = world.apply(first_contact=contact)

    assert creates(world) == 2
    assert report.exit_code != 0
    truth(world, report)


@both
@pytest.mark.parametrize("contact", [False, True])
@pytest.mark.parametrize("ways", ["entities", "lower", "emoji", "quotes", "trim", "cut:24"])
def test_4_names_came_back_changed_and_the_state_is_lost(world, provider, ways, contact):
    world.server.names, world.server.rehost = ways, True
    make(world, provider, **{NAMES[provider]: "  Q&A “Dino” 🦖 of the Tees  "})
    world.apply()
    world.clock.pass_by(LONG)
    lose(world)

    report = world.apply(first_contact=contact)

    assert creates(world) == 1
    truth(world, report)


def drops_at_a_border(world, slug):
    """Of a listing of several pages one row is dropped, where the pages are as long as they can be."""
    plain = world.server._page
    world.server.page_limit, world.server.total, world.server.tell_total = 5, lambda *_: 0, False

    def page(rows, offset, size):
        if len(rows) > 5 and size >= 5:
            rows = [row for row in rows if slug not in str(row["spec"])]
        return plain(rows, offset, size)

    world.server._page = page


@both
@pytest.mark.parametrize("count", [1, 12])
def test_4_an_older_state_and_a_listing_that_drops_a_row_at_a_border(world, provider, count):
    """More names than are searched one by one: the listing is read twice before anything is made."""
    for number in range(8):
        make(world, provider, f"old{number}")
    world.apply()
    older = kept_state(world)
    world.clock.pass_by(LONG)
    dropped = make(world, provider, "dropped")
    world.apply()
    make(world, provider, "seen")
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    put_back(world.folder, older)
    for number in range(count):
        make(world, provider, f"new{number}")
    drops_at_a_border(world, "dropped")

    report = world.apply()

    assert made(world, provider) == 10 + count
    assert outcome(report, dropped).result is not Result.CREATED


@both
def test_4_some_products_are_imported_into_an_empty_state_and_a_row_is_dropped_at_a_border(world, provider):
    """A person has named what exists of the model; the listing that is read once shows nothing else of it."""
    mine = [make(world, provider, f"old{number}") for number in range(8)]
    missed = make(world, provider, "dropped")
    world.apply()
    ids = {each: world.entry(each).id for each in mine}
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    for address, identity in ids.items():
        takes(world, address, identity)
    drops_at_a_border(world, "dropped")
    world.server.search_misses = {str(world.documents[missed].spec[NAMES[provider]])}

    report = world.apply()

    assert made(world, provider) == 9
    assert outcome(report, missed).result is not Result.CREATED


@both
def test_4_a_search_misses_a_name(world, provider):
    address = make(world, provider)
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    world.server.search_misses = {str(world.documents[address].spec[NAMES[provider]])}

    report = world.apply()

    assert creates(world) == 1
    truth(world, report)


# -- 5. "refused", and made


REFUSALS = {
    "400": Odd("status", status=400),
    "404": Odd("status", status=404),
    "422": Odd("status", status=422),
    "code 50000": Odd("code", status=50000),
    "code 20001": Odd("code", status=20001),
}


@committed
@pytest.mark.parametrize("kind", REFUSALS)
def test_5_refused_where_pictures_are_rehosted(world, kind, commit):
    begin(world, "kakaclo")
    world.server.rehost = True
    address = world.tee()
    world.server.misbehave("kakaclo.create", replace(REFUSALS[kind], commit=commit))

    first = world.apply()
    world.clock.pass_by(LONG)
    second = world.apply()

    assert outcome(first, address).result is Result.FAILED
    assert first.exit_code == 4
    assert made(world, "kakaclo") == 1
    truth(world, second)
    if commit:
        assert creates(world) == 1
    else:
        assert second.exit_code == 0


@committed
def test_5_refused_at_gelato(world, commit):
    begin(world, "gelato")
    world.poster()
    world.server.misbehave("gelato.create", Odd("status", commit=commit, status=400))

    world.apply()
    world.clock.pass_by(LONG)
    report = world.apply()

    assert made(world, "gelato") == 1
    truth(world, report)


@committed
@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_5_a_code_of_the_gateway_inside_a_200_is_no_refusal(world, code, commit):
    begin(world, "kakaclo")
    world.server.lag = 60
    address = world.tee()
    world.server.misbehave("kakaclo.create", Odd("code", commit=commit, status=code))

    report = world.apply()

    assert report.exit_code == 0
    assert outcome(report, address).result in (Result.CREATED, Result.SETTLED)
    assert creates(world) == (1 if commit else 2)
    sent = [seen.at for seen in world.server.sent("kakaclo.create")]
    assert sent[-1] - sent[0] >= (0 if commit else SETTLE)
    truth(world, report)


@committed
@pytest.mark.parametrize("code", [401, 403])
def test_5_a_refused_key_inside_a_200_stops_the_provider_and_settles_nothing(world, code, commit):
    begin(world, "kakaclo")
    world.settings["parallelism"] = 1
    for number in range(4):
        world.tee(f"t{number}")
    world.server.misbehave("kakaclo.create", Odd("code", commit=commit, status=code))

    report = world.apply()

    assert creates(world) == 1
    assert "kakaclo" in report.stopped
    assert report.exit_code == 9
    assert len([e for e in world.state.entries.values() if e.pending]) == 1
    truth(world, report)
    ends_well(world)
    assert made(world, "kakaclo") == 4


# -- 6. answers believed blindly


@both
@pytest.mark.parametrize("body", [b'{"message": "Internal error"}', b'{"id": ""}'])
def test_6_an_answer_that_shows_no_product_is_settled_by_a_listing_that_shows_it(world, provider, body):
    begin(world, provider)
    address = make(world, provider)
    world.server.lag = 60
    world.server.misbehave(f"{provider}.create", Odd("text", commit=True, body=body))

    report = world.apply()

    assert world.entry(address).id == world.server.products(provider)[-1]["id"]
    assert (report.exit_code, made(world, provider), creates(world)) == (0, 1, 1)
    truth(world, report)


def test_6_what_was_taken_on_is_found_without_a_person(world):
    begin(world, "gelato")
    address = world.poster()
    world.server.lag = 60
    world.server.misbehave("gelato.create", Odd("job", commit=True))

    report = world.apply()

    assert world.entry(address).id == world.server.products("gelato")[-1]["id"]
    assert (made(world, "gelato"), creates(world)) == (1, 1)
    truth(world, report)


def raw(*lines: str, body: bytes = b"") -> Odd:
    """An answer of success whose bytes are no whole answer."""
    return Odd("raw", body="\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body)


#: Answers of success that do not say that it failed, and show nothing.
SAID = {
    "201": Odd("status", status=201, body=b" "),
    "202": Odd("status", status=202, body=b" "),
    "204": Odd("status", status=204, body=b" "),
    "empty": Odd("empty"),
    "HTML": Odd("html"),
    "two texts": Odd("text", body=b'{"code": 10000}{"code": 10000}'),
    "success": Odd("text", body=b'{"success": true}'),
    "words": Odd("text", body=b'{"message": "OK"}'),
    "a list": Odd("text", body=b"[]"),
    "Latin-1": Odd("text", body='{"message": "créé"}'.encode("latin-1")),
    "half": Odd("half"),
    "too short a length": raw("Content-Length: 9", body=b'{"code": 10000}'),
    "no gzip": raw("Content-Encoding: gzip", "Content-Length: 4", body=b"abcd"),
    "half a chunk": raw("Transfer-Encoding: chunked", body=b"20\r\n{"),
    "half a head": Odd("raw", body=b"HTTP/1.1 200 OK\r\nContent-Le"),
    "endless": Odd("drip-body"),
}


def answered_so(world, provider, *, commit):
    """A document for each kind of answer, and what the run that got them says of each."""
    begin(world, provider)
    world.settings |= {"parallelism": 1, "timeout_seconds": 0.5}
    asked = {}
    for number, kind in enumerate(SAID):
        asked[make(world, provider, f"p{number:02}")] = kind
        world.server.misbehave(f"{provider}.create", replace(SAID[kind], commit=commit))
    world.server.lag = 3 * DAY
    return asked, world.apply()


@both
def test_6_what_was_said_to_be_done_is_not_sent_again_unasked(world, provider):
    asked, report = answered_so(world, provider, commit=True)

    for _ in range(2):
        for address, kind in asked.items():
            told = outcome(report, address)
            assert (told.result, f"answered HTTP {kind if kind.isdecimal() else 200}" in told.error) == (
                Result.IN_DOUBT,
                True,
            )
            assert "it is sent again only if you say so" in told.error
            assert f"podsync state settle {address} --not-created" in " ".join(told.next)
        world.clock.pass_by(LONG)
        assert world.refresh()[provider].asks == dict.fromkeys(asked, ())
        report = world.apply()
    assert creates(world) == len(SAID)
    world.clock.pass_by(3 * DAY)
    ends_well(world)
    assert (made(world, provider), creates(world)) == (len(SAID), len(SAID))


@both
def test_6_what_was_said_to_be_done_and_was_not_is_sent_again_when_a_person_says_so(world, provider):
    asked, _ = answered_so(world, provider, commit=False)
    world.server.lag = 0.0

    for address in asked:
        world.answer(address, None)

    assert world.apply().exit_code == 0
    assert (creates(world), made(world, provider)) == (2 * len(SAID), len(SAID))


def test_6_a_page_in_place_of_an_answer_is_called_so(world):
    begin(world, "gelato")
    address = make(world, "gelato")
    world.server.misbehave("gelato.create", Odd("html"))

    page = "Gelato answered HTTP 200 with a web page, not with an answer of its own, and no listing shows it"
    assert outcome(world.apply(), address).error == f"{page}: it is sent again only if you say so"


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("kakaclo", b'{"code": 503, "message": "busy"}'),
        ("kakaclo", b'{"code": "50000"}'),
        ("kakaclo", b'{"error": "Invalid request"}'),
        ("gelato", b'{"error": "invalid request"}'),
        ("gelato", b'{"errors": ["invalid request"]}'),
        ("gelato", b'{"success": false, "message": "no"}'),
    ],
)
def test_6_a_success_that_says_that_it_failed_is_sent_again_once_a_listing_lacks_it(world, provider, body):
    begin(world, provider)
    make(world, provider)
    world.server.misbehave(f"{provider}.create", Odd("text", body=body))

    assert (world.apply().exit_code, creates(world), made(world, provider)) == (0, 2, 1)


def test_6_a_failure_whose_body_says_that_it_was_done_is_not_sent_again_unasked(world):
    """Whoever turned the status into that of a failure, the provider was done."""
    begin(world, "kakaclo")
    done = b'{"code": 10000, "message": "Success!"}'
    for status in (400, 409, 500):
        address = make(world, "kakaclo", f"of-{status}", modelId=str(status % 7 + 1), enName=f"Tee {status}")
        world.server.misbehave("kakaclo.create", Odd("status", commit=True, status=status, body=done))
        world.server.lag = DAY

        told = outcome(world.apply(), address)

        assert (told.result, "it is sent again only if you say so" in told.error) == (Result.IN_DOUBT, True)
    assert (creates(world), made(world, "kakaclo")) == (3, 3)


def test_6_the_id_that_the_answer_told_stays_in_the_question_until_it_is_answered(world):
    """Somebody renames what was made, and makes another one under its name two days later."""
    begin(world, "gelato")
    address = make(world, "gelato")
    world.server.lag = 60
    changed = b'{"WITH": 1, "name": "Another"}'
    world.server.misbehave("gelato.create", Odd("otherwise", status=201, body=changed))
    world.apply(wait=False)
    ours = world.server.products("gelato")[-1]["id"]
    world.server.change(ours, name="Named By Hand")
    world.clock.pass_by(2 * DAY)
    theirs = world.server.by_hand("gelato", world.documents[address].spec)
    world.clock.pass_by(LONG)

    told = outcome(world.apply(), address)
    first, second, none = told.next

    assert (told.result, creates(world)) == (Result.IN_DOUBT, 1)
    assert first.startswith(f"a) it is {ours} (made ")
    assert "the answer named it" in first
    assert second.startswith(f"b) it is {theirs} (made ")
    assert "after it was sent" in second
    assert none.startswith(
        f"c) none of them, nor {ours} under another name, and Gelato's web page has no other"
    )
    world.answer(address, ours)
    assert (world.entry(address).id, world.apply().exit_code) == (ours, 0)
    assert creates(world) == 1


def test_6_of_a_wrong_id_that_the_answer_told_the_right_one_can_be_said(world):
    """No listing shows either, and the web page shows the product under its own."""
    begin(world, "gelato")
    address = make(world, "gelato")
    world.server.lag = 3 * DAY
    wrong = b'{"WITH": 1, "id": "cp-wrong", "name": "Another"}'
    world.server.misbehave("gelato.create", Odd("otherwise", status=201, body=wrong))
    world.apply()
    ours = world.server.products("gelato")[-1]["id"]

    first, second, _ = outcome(world.apply(), address).next

    assert first.startswith("a) it is wrong (made ")
    assert "the answer named it, not listed now): " in first
    page = "Gelato's web page, in the account of this key, shows it under another id"
    assert second == f"b) {page}: podsync state settle {address} --adopt ID"
    takes(world, address, ours)
    assert world.apply().exit_code == 0
    world.clock.pass_by(3 * DAY)
    ends_well(world)
    assert (world.entry(address).id, creates(world)) == (ours, 1)


def test_6_the_answer_shows_somebody_elses_id(world):
    foreign = world.server.by_hand("gelato", {**poster_spec("hand"), "customerIds": ["customer-7"]}, age=9999)
    address = world.poster()
    world.server.misbehave("gelato.create", Odd("id", body=f"cp-{foreign}".encode()))

    report = world.apply(first_contact=True)

    assert world.entry(address).id != foreign
    truth(world, report)
    ends_well(world)
    assert made(world, "gelato") == 1


def test_6_the_answer_shows_an_id_that_another_document_has(world):
    first = world.poster("first")
    world.apply()
    owned = world.entry(first).id
    second = world.poster("second")
    world.server.misbehave("gelato.create", Odd("id", body=f"cp-{owned}".encode()))

    report = world.apply()

    assert world.entry(second).id != owned
    truth(world, report)
    ends_well(world)


def test_6_one_id_for_two_creates(world):
    world.settings["parallelism"] = 1
    addresses = [world.poster(f"p{number}") for number in range(2)]
    same = b"cp-00000000-0000-4000-8000-000000000001"
    world.server.misbehave("gelato.create", Odd("id", body=same), Odd("id", body=same))

    report = world.apply()

    truth(world, report)
    ends_well(world)
    assert {world.entry(a).id for a in addresses} == {p["id"] for p in world.server.products("gelato")}


@pytest.mark.parametrize("status", [200, 201])
def test_6_an_id_that_no_listing_ever_shows_is_taken_back(world, status):
    address = world.poster()
    nobody = b"cp-00000000-0000-4000-8000-00000000dead"
    world.server.misbehave("gelato.create", Odd("id", body=nobody))

    world.apply()
    ends_well(world)

    assert world.entry(address).id == world.server.products("gelato")[0]["id"]
    assert creates(world) == 1


def renamed(world):
    address = world.poster()
    world.apply()
    old = world.documents[address].spec["name"]
    return world.poster(name="Another name", doc={"renamed_from": old})


@committed
def test_6_a_patch_is_answered_with_the_unchanged_product(world, commit):
    address = renamed(world)
    world.server.misbehave("gelato.update", *[Odd("unchanged", commit=commit)] * 3)

    report = world.apply()

    shown = world.server.products("gelato")[0]["spec"]["name"]
    if commit:
        assert outcome(report, address).result in (Result.UPDATED, Result.SETTLED)
        assert report.exit_code == 0
    elif shown != "Another name":
        assert outcome(report, address).result is not Result.UPDATED
        assert report.exit_code != 0
    truth(world, report)
    ends_well(world)
    assert world.server.products("gelato")[0]["spec"]["name"] == "Another name"


@pytest.mark.parametrize("seconds", [60, 10 * SETTLE], ids=["soon", "much later"])
def test_6_a_patch_is_acknowledged_and_applied_later(world, seconds):
    """The answer shows the fields as sent: what counts is that it is true in the end."""
    renamed(world)
    world.server.misbehave("gelato.update", Odd("later", seconds=seconds))

    world.apply()

    world.clock.pass_by(seconds)
    ends_well(world)
    assert world.server.products("gelato")[0]["spec"]["name"] == "Another name"


@pytest.mark.parametrize("fields", [{"name": "Another name"}, {"customerIds": ["customer-7"]}], ids=str)
def test_6_a_patch_that_is_answered_as_done_and_never_stored_is_not_called_done(world, fields):
    address = world.poster()
    world.apply()
    old = world.documents[address].spec["name"]
    world.poster(**fields, doc={"renamed_from": old})
    world.server.always("gelato.update", Odd("later", seconds=1000 * LONG))

    first, again = world.apply(), world.apply()

    for report in (first, again):
        told = outcome(report, address)
        assert (told.result, report.exit_code) == (Result.FAILED, 4)
        assert "acknowledged the update and did not do it: it lists" in told.error
    assert [change.address for change in world.plan().work] == [address]
    assert world.entry(address).pending is None
    world.server.behave()
    ends_well(world)


def test_6_customers_that_are_listed_in_another_form_are_a_persons_to_recognise(world):
    """Neither what was sent nor what was before: it is not called undone, and the way out is told."""
    world.server.customers_as = "upper"
    address = world.poster()
    world.apply()
    world.poster(customerIds=["customer-2", "customer-3"])
    world.server.always("gelato.update", Odd("unchanged", commit=True))

    report = world.apply()
    told = outcome(report, address)

    assert (told.result, report.exit_code) == (Result.FAILED, 4)
    assert "lists neither what was sent nor what was before: it lists" in told.error
    identity = world.entry(address).id
    assert f'if that is it: podsync state settle "{address}" --adopt {identity}' in told.next


def test_6_a_patch_counts_once_the_listing_shows_it(world):
    """The listing is behind: who waits sees it, who does not is in doubt, and the next apply clears it."""
    address = renamed(world)
    world.clock.pass_by(LONG)
    world.server.replicas = (SETTLE / 4,)

    soon = world.apply(wait=False)
    later = world.apply()

    assert (outcome(soon, address).result, soon.exit_code) == (Result.IN_DOUBT, 8)
    assert "the listing does not show it yet" in outcome(soon, address).error
    assert (outcome(later, address).result, later.exit_code) == (Result.UPDATED, 0)
    assert not world.plan().work


@pytest.mark.parametrize("fields", [{}, {"name": "Another name"}], ids=["alone", "with the name"])
def test_6_of_a_field_that_the_listing_changes_the_answer_is_believed(world, fields):
    world.server.customers_as = "upper"
    world.poster("other")
    address = world.poster()
    world.apply()
    world.clock.pass_by(LONG)
    old = world.documents[address].spec["name"]
    world.poster(**fields, customerIds=["customer-7"], doc={"renamed_from": old})

    report = world.apply()

    assert (outcome(report, address).result, report.exit_code) == (Result.UPDATED, 0)
    assert len(world.server.sent("gelato.update")) == 1
    ends_well(world)


def test_6_a_cached_listing_says_nothing_against_a_patch(world):
    address = renamed(world)
    world.clock.pass_by(LONG)
    world.server.cache_seconds = 100 * LONG

    report = world.apply()

    assert (outcome(report, address).result, report.exit_code) == (Result.IN_DOUBT, 8)
    truth(world, report)
    ends_well(world)


def test_6_a_name_is_taken_once_the_listing_shows_that_it_is_released(world):
    first, second = world.poster("first", name="One"), world.poster("second", name="Two")
    world.apply()
    world.poster("first", name="Three", doc={"renamed_from": "One"})
    world.poster("second", name="One", doc={"renamed_from": "Two"})
    world.server.misbehave("gelato.update", Odd("later", seconds=SETTLE / 4))

    report = world.apply()

    assert {outcome(report, each).result for each in (first, second)} == {Result.UPDATED}
    held = {p["id"]: p["spec"]["name"] for p in world.server.products("gelato")}
    assert held == {world.entry(first).id: "Three", world.entry(second).id: "One"}
    released, taken = (seen.at for seen in world.server.sent("gelato.update"))
    assert taken - released >= SETTLE / 4


@pytest.mark.parametrize("how", ["lost", "restored"])
def test_6_a_state_beside_young_products_waits_for_what_was_made_with_them(world, how):
    """A branch was deleted, or a backup restored, and a machine that knows of nothing applies."""
    if how == "restored":
        world.tee("old")
    world.apply()
    world.clock.pass_by(LONG)
    backup = kept_state(world)
    one, two = world.tee("one"), world.tee("two")
    world.apply()
    world.server.hide(world.entry(two).id, SETTLE / 2)
    lose(world, memory=True)
    if how == "restored":
        put_back(world.folder, backup)
    sent = creates(world)

    soon = world.apply(wait=False)
    later = world.apply()

    assert (outcome(soon, one).result, outcome(soon, two).result) == (Result.ADOPTED, Result.NOT_TRIED)
    assert outcome(later, two).result is Result.ADOPTED
    assert creates(world) == sent
    ends_well(world)


# -- 7. totals


def capped(server):
    server.total = lambda rows, _page: min(rows, 10)


def of_the_page(server):
    server.total = lambda _rows, page: page


def of_something_else(server):
    server.total = lambda _rows, _page: 0


@both
@pytest.mark.parametrize("told", [capped, of_the_page, of_something_else])
def test_7_a_total_ends_no_listing(world, provider, told):
    for number in range(25):
        make(world, provider, f"n{number:02}")
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    world.server.page_limit = 10
    told(world.server)

    report = world.apply()

    assert creates(world) == 25
    assert report.exit_code == 0
    assert set(results(report)) == {Result.ADOPTED}
    truth(world, report)


@both
@pytest.mark.parametrize("told", [capped, of_the_page])
def test_7_a_doubt_on_the_last_page_behind_a_capped_total(world, provider, told):
    world.server.order, world.server.page_limit = "oldest", 10
    for number in range(24):
        make(world, provider, f"n{number:02}")
    world.apply()
    world.clock.pass_by(LONG)
    told(world.server)
    address = in_doubt(world, provider, made=True, slug="last")

    world.clock.pass_by(LONG)
    report = world.apply()

    assert creates(world) == 25
    assert outcome(report, address).result is Result.SETTLED
    truth(world, report)


# -- 8. dates, models, endless answers, a machine that slept


KAKACLO_DATES = [0, 1_759_999_000, 1_000_000_000_000, 4_000_000_000_000, "soon"]
GELATO_DATES = ["1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "", 0]


@committed
@pytest.mark.parametrize(
    ("provider", "date"),
    [*(("kakaclo", date) for date in KAKACLO_DATES), *(("gelato", date) for date in GELATO_DATES)],
)
def test_8_dates_that_cannot_be_true(world, provider, date, commit):
    world.server.made_at, world.server.lag = date, 60
    make(world, provider, "first")
    world.apply()
    world.server.misbehave(f"{provider}.create", Odd("cut", commit=commit))
    make(world, provider, "second")

    report = world.apply()

    assert creates(world) == (2 if commit else 3)
    assert report.exit_code == 0
    truth(world, report)
    ends_well(world)


@pytest.mark.parametrize("shown", ["hidden", "number"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "in doubt"])
def test_8_a_model_with_leading_zeros_is_listed_without(world, shown, lost):
    world.server.model_ids_as = shown
    world.tee(modelId="007")
    if lost:
        world.apply()
        world.clock.pass_by(LONG)
        lose(world, memory=True)
    else:
        world.server.misbehave("kakaclo.create", CUT_AFTER)

    report = world.apply()

    assert creates(world) == 1
    assert report.exit_code == 0
    truth(world, report)


@pytest.mark.parametrize("rehost", [True, False], ids=["rehosted", "kept"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "in doubt"])
def test_8_a_code_that_stands_for_two_models(world, rehost, lost):
    world.server.codes, world.server.rehost = {"1": "SHARED", "2": "SHARED"}, rehost
    world.tee("one", modelId="1")
    world.tee("two", modelId="2")
    if lost:
        world.apply()
        truth(world)
        world.clock.pass_by(LONG)
        lose(world, memory=True)
    else:
        world.server.misbehave("kakaclo.create", CUT_AFTER, CUT_AFTER)

    report = world.apply()

    assert creates(world) == 2
    truth(world, report)


@both
@committed
@pytest.mark.parametrize("kind", ["drip-head", "drip-body", "continue"])
def test_8_an_answer_that_never_ends_and_never_pauses(world, provider, commit, kind):
    begin(world, provider)
    world.settings["timeout_seconds"] = 0.4
    make(world, provider)
    world.server.misbehave(f"{provider}.create", Odd(kind, commit=commit))
    began = time.monotonic()

    report = world.apply()

    assert time.monotonic() - began < 8, "no limit ran out"
    truth(world, report)
    if commit or kind == "continue":
        assert (report.exit_code, made(world, provider), creates(world)) == (0, 1, 1 if commit else 2)
    else:  # its status said that it was made
        assert (report.exit_code, made(world, provider), creates(world)) == (8, 0, 1)


@both
@pytest.mark.parametrize("kind", ["drip-head", "drip-body", "continue"])
def test_8_a_listing_that_never_ends(world, provider, kind):
    world.settings["timeout_seconds"] = 0.3
    make(world, provider)
    world.server.misbehave(LISTING[provider], Odd(kind))
    began = time.monotonic()

    report = world.apply()

    assert time.monotonic() - began < 8, "no limit ran out"
    assert report.exit_code == 0
    truth(world, report)


def test_8_a_machine_that_slept_sends_nothing_that_it_had_announced(world):
    """Every request that leaves was announced within the last half minute."""
    for number in range(7):
        world.tee(f"t{number}")
    announced, slept = [], []

    def sleeps(word, what):
        if (word, what) == ("after", "Intent"):
            announced.append(world.clock.true())
        if word == "before" and "POST" in what and not slept:
            slept.append(True)
            world.clock.pass_by(LONG)
        return False

    report = world.apply(dies=sleeps)

    for seen in world.server.sent("kakaclo.create"):
        assert any(0 <= seen.at - moment <= 30 for moment in announced)
    assert len(announced) > made(world, "kakaclo"), "what was announced before was sent"
    truth(world, report)
    ends_well(world)
    assert made(world, "kakaclo") == creates(world) == 7


def test_8_a_machine_that_slept_while_another_one_took_over(world, tmp_path):
    """What both keep is one state: who wakes finds it changed, and sends nothing."""
    begin(world, "kakaclo")
    world.settings["parallelism"] = 1
    for number in range(7):
        world.tee(f"t{number}")
    other = []

    def sleeps(word, what):
        if word == "before" and "POST" in what and not other:
            other.append(other_machine(world, tmp_path / "other", memory=False))
            world.clock.pass_by(LONG)
            assert other[0].apply().exit_code == 0
            put_back(world.folder, kept_state(other[0]))
        return False

    with suppress(StateError):
        world.apply(dies=sleeps)

    assert other, "it did not sleep"
    assert creates(world) == made(world, "kakaclo") == 7
    truth(world)
    ends_well(world)


# -- 9. whose product is it, and whose account


@pytest.mark.parametrize("rehost", [True, False], ids=["rehosted", "kept"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_9_three_in_doubt_and_one_of_them_was_made(world, rehost, which):
    world.server.rehost, world.server.lag = rehost, 60
    world.settings["parallelism"] = 1
    addresses = [world.tee(f"t{number}") for number in range(3)]
    odd = [CUT_AFTER if number == which else CUT_BEFORE for number in range(3)]
    world.server.misbehave("kakaclo.create", *odd)

    report = world.apply()

    assert report.exit_code == 0
    assert creates(world) == 5
    assert [outcome(report, a).next for a in addresses] == [()] * 3
    truth(world, report)
    assert made(world, "kakaclo") == 3


def test_9_a_doubt_is_not_asked_about_what_has_another_documents_name(world):
    """A name that was changed on the way is still the other document's; the doubt made nothing."""
    world.tee("first")
    world.apply()
    doubt = world.tee("doubt", enName="“Fox” number 5")
    world.server.misbehave("kakaclo.create", CUT_BEFORE)
    world.apply(wait=False)
    other = world.tee("other", enName="“Fox” number 8")
    row = world.server.by_hand("kakaclo", {**world.documents[other].spec, "enName": '"Fox" number 8'})
    world.clock.pass_by(LONG)

    report = world.apply()

    assert outcome(report, doubt).result is Result.CREATED
    assert row in " ".join(outcome(report, other).next)
    assert made(world, "kakaclo") == 2


@both
@pytest.mark.parametrize("again", [120, LONG], ids=["minutes later", "an hour later"])
@pytest.mark.parametrize("filled", [0, 5], ids=["empty", "filled"])
def test_9_another_account_on_the_same_host(world, provider, again, filled):
    for number in range(3):
        make(world, provider, f"n{number}")
    world.apply()
    world.server.fill(provider, filled, account="other")
    world.keys = dict(OTHER_KEYS)
    world.clock.pass_by(again)
    for number in range(12):
        make(world, provider, f"new{number}")

    report = world.apply()

    assert creates(world) == 3
    assert report.exit_code == 9
    assert world.server.products(provider, "other") == [
        p for p in world.server.products(provider, "other") if p["hand"]
    ]
    told = " ".join([*advice(report), *report.stopped.values(), *report.notes])
    assert "state rm" not in told
    assert "--not-created" not in told
    ends_well(world)
    assert made(world, provider) == 15


# -- 10. what is shown, and what a person is told


@both
def test_10_what_ends_the_same_way_is_not_told_to_be_done_again(world, provider):
    """A question: the line that helps stands first, and no apply is offered that would ask it again."""
    world.server.rehost, world.server.names = True, "upper"
    make(world, provider)
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)

    report = world.apply(first_contact=True)

    lines = advice(report)
    assert report.exit_code == 4
    assert lines, "a person is told nothing"
    assert "podsync apply" not in lines[0]
    assert len(set(lines)) == len(lines)
    assert not any("--first-contact" in line for line in lines)


@both
def test_10_no_repair_of_the_state_is_offered_while_the_listing_is_in_question(world, provider):
    make(world, provider, "first")
    world.apply()
    world.clock.pass_by(LONG)
    address = in_doubt(world, provider, made=True, slug="second")
    world.server.always(LISTING[provider], Odd("blank"))
    world.clock.pass_by(LONG)

    report = world.apply()

    told = " ".join([*advice(report), *report.stopped.values()])
    assert "--not-created" not in told
    assert "state rm" not in told
    assert world.entry(address).pending is not None
    assert creates(world) == 2
    truth(world, report)
    ends_well(world)


def test_pictures_on_the_vendors_own_host_are_kept_and_others_are_not(world):
    world.server.rehost, world.server.own_kept, world.server.lag = True, True, 60
    own = {"imageUrl": f"https://{OWN_HOST}/front.png", "backImageUrl": f"https://{OWN_HOST}/back.png"}
    for number in range(4):
        pictures = {key: value.replace(".png", f"-{number}.png") for key, value in own.items()}
        world.tee(f"own{number}", enName="Own", colorValue=COLOURS[number], **pictures)
    for number in range(4):
        world.tee(f"foreign{number}", enName="Foreign", colorValue=COLOURS[number])

    report = world.apply()

    names = [p["spec"]["enName"] for p in world.server.products("kakaclo")]
    assert (names.count("Own"), names.count("Foreign")) == (4, 1)
    assert report.exit_code == 4
    truth(world, report)


def test_the_moment_of_death_is_judged_alike(world):
    """The machine dies with seven wanted: at most `parallelism` are announced and not answered.

    One more may be in doubt: its answer came, and it was not written down yet.
    """
    for number in range(7):
        world.tee(f"t{number}")
    world.dies(at("before", "POST", 3))

    in_doubt = sum(entry.pending is not None for entry in world.state.entries.values())
    bound = len(world.state.entries) - in_doubt
    assert in_doubt - (made(world, "kakaclo") - bound) <= world.settings["parallelism"]
    ends_well(world)
    assert made(world, "kakaclo") == 7
    assert set(world.state.entries) == {Address("designed_product", f"t{n}") for n in range(7)}
    assert tee_spec("t0")["enName"] in {p["spec"]["enName"] for p in world.server.products("kakaclo")}
