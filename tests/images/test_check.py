from __future__ import annotations

import threading
from collections import Counter

import pytest

from podsync.images.check import PARALLEL, PATIENCE, PER_HOST, look_at_all
from podsync.images.facts import SeenImage, UnseenImage
from podsync.images.formats import Header

SEEN = SeenImage(Header("picture", "PNG"))


class Reader:
    """Counts who is asked at once; `together` is how many must meet before any of them may go."""

    def __init__(self, sights=None, together=1):
        self.asked, self.most, self.most_of_host = [], 0, Counter()
        self._now, self._lock, self._sights = Counter(), threading.Lock(), sights or {}
        self._barrier = threading.Barrier(together)

    def look(self, url, known):
        host = url.split("/")[2]
        with self._lock:
            self.asked.append((url, known))
            self._now[host] += 1
            self.most = max(self.most, self._now.total())
            self.most_of_host[host] = max(self.most_of_host[host], self._now[host])
        self._barrier.wait(20)
        with self._lock:
            self._now[host] -= 1
        sight = self._sights.get(url, SEEN)
        if isinstance(sight, BaseException):
            raise sight
        return sight


def run(urls, reader, known=None):
    heard = {}
    look_at_all(urls, reader.look, known or {}, heard.__setitem__)
    return heard


def test_each_url_is_looked_at_once():
    urls = [f"https://{host}.test/{number}" for host in "abc" for number in range(50)]
    reader = Reader()

    assert run(urls * 3, reader) == dict.fromkeys(urls, SEEN)
    assert sorted(url for url, _ in reader.asked) == sorted(urls)


def test_nothing_to_look_at_is_fine():
    assert run([], Reader()) == {}


def test_what_is_known_goes_along():
    reader = Reader()

    run(["https://a.test/1", "https://a.test/2"], reader, {"https://a.test/1": SEEN})

    assert dict(reader.asked) == {"https://a.test/1": SEEN, "https://a.test/2": None}


def test_one_host_is_asked_for_a_few_at_a_time():
    reader = Reader(together=PER_HOST)

    run([f"https://a.test/{number}" for number in range(5 * PER_HOST)], reader)

    assert (reader.most, reader.most_of_host["a.test"]) == (PER_HOST, PER_HOST)


def test_other_hosts_need_not_wait_for_it():
    reader = Reader(together=PARALLEL)

    run([f"https://{host}.test/{number}" for host in "abcd" for number in range(PARALLEL // 4)], reader)

    assert reader.most == PARALLEL


def test_a_host_that_never_answers_is_given_up():
    silent = UnseenImage("no answer in time", silent=True)
    urls = [f"https://dead.test/{number}" for number in range(200)]
    reader = Reader(dict.fromkeys(urls, silent))

    heard = run(urls, reader)

    assert PATIENCE <= len(reader.asked) < PATIENCE + PER_HOST
    assert len(heard) == 200
    assert sum("not asked any more" in sight.reason for sight in heard.values()) == 200 - len(reader.asked)


def test_a_host_that_answers_now_and_then_is_not_given_up():
    silent = UnseenImage("no answer in time", silent=True)
    urls = [f"https://slow.test/{number}" for number in range(60)]
    reader = Reader({url: silent for number, url in enumerate(urls) if number % 2})

    run(urls, reader)

    assert len(reader.asked) == 60


def test_a_bug_in_a_worker_is_no_silence():
    urls = [f"https://a.test/{number}" for number in range(20)]

    with pytest.raises(ZeroDivisionError):
        run(urls, Reader({urls[3]: ZeroDivisionError()}))


def test_whoever_hears_may_leave():
    urls = [f"https://a.test/{number}" for number in range(1000)]
    go_on, asked = threading.Event(), []

    class Slow:
        def look(self, url, _known):
            asked.append(url)
            if url != urls[0]:
                go_on.wait(20)
            return SEEN

    def leave(_url, _sight):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_at_all(urls, Slow().look, {}, leave)
    go_on.set()

    for thread in threading.enumerate():
        if thread.name.startswith("podsync-picture-"):
            thread.join(20)
    assert len(asked) <= 1 + PER_HOST
