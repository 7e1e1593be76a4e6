"""Random schedules against vendors that do what no page tells: each seed is a year of one shop.

What holds at every step, whatever happens: nothing doubled, nothing bound to a wrong product, and no
report that says what is not so.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

from podsync.model.errors import CredentialsError, ProviderError
from tests.apply.evidence import LONG, NAMES, kept_state, lose, make, put_back, truth
from tests.apply.vendor_server import ALL_KINDS, CREATES, Odd
from tests.apply.world import KEYS, OTHER_GELATO_KEY, OTHER_KAKACLO_KEY, SETTLE, Killed, at

#: A nightly run sets more, `1000`, or others, `1000-1999`; one alone has its number: `[674]`.
FIRST, _, LAST = os.environ.get("PODSYNC_TEST_SEEDS", "24").rpartition("-")
SEEDS = range(int(FIRST), int(LAST) + 1) if FIRST else range(int(LAST))
WAYS = ["keep", "trim", "upper", "lower", "entities", "quotes", "emoji", "cut:40"]
WORDS = ["Dino", "Q&A", "“Fox”", "🦖 Club", "恐竜", "naïve  Tee"]
MOMENTS = ["POST", "Intent", "Made", "compact", "find", "Settled", "Bound"]


class Year:
    """One shop, its habits, and what befalls it."""

    def __init__(self, world, seed):
        self.world, self.server = world, world.server
        self.luck = random.Random(seed)
        self.server.random = random.Random(seed + 1)
        self.curious = random.Random(seed + 2)
        self.number = 0
        self.older = {}
        self.never_told = {}

    def habits(self):
        """What the vendors are, for good."""
        luck, server = self.luck, self.server
        server.names, server.rehost = luck.choice(WAYS), luck.random() < 0.5
        server.lag, server.order = luck.choice([0, 30, 300]), luck.choice(["newest", "oldest"])
        server.page_limit = luck.choice([10_000, 3])
        server.date_header, server.date_hours = luck.random() < 0.8, luck.choice([0, 0, 8])
        server.made_at = luck.choice([None, None, None, 0])
        server.total = luck.choice(
            [lambda rows, _page: rows, lambda rows, _page: min(rows, 3), lambda _rows, page: page]
        )
        if luck.random() < 0.3:
            server.dates = lambda _operation, number: 900.0 * (number * 7 % 5 > 2)
        for _ in range(4):
            self.new()

    def new(self):
        """A document whose like there never was."""
        self.number += 1
        provider = self.luck.choice(["kakaclo", "kakaclo", "gelato"])
        name = f"{self.luck.choice(WORDS)} number {self.number}"
        make(self.world, provider, f"n{self.number}", **{NAMES[provider]: name})

    def edit(self):
        tees = [a for a in sorted(self.world.documents) if a.kind == "designed_product"]
        if tees:
            self.number += 1
            address = self.luck.choice(tees)
            self.world.tee(address.name, enName=f"Edited {self.number} of many")

    def delete(self):
        if len(self.world.documents) > 2:
            self.world.delete(self.luck.choice(sorted(self.world.documents)))

    def change(self):
        """What people do between two applies."""
        luck, world = self.luck, self.world
        luck.choice([self.new, self.new, self.edit, self.delete, lambda: None])()
        fate = luck.random()
        if fate < 0.1:
            memory = luck.random() < 0.5
            if memory:
                # Of what is not listed yet nothing is left that tells.
                world.clock.pass_by(LONG)
            lose(world, memory=memory)
            world.forgot_orphans = True
        elif fate < 0.2 and self.older:
            put_back(world.folder, self.older)
            world.forgot_orphans = True
        elif fate < 0.3:
            self.older = kept_state(world)
        elif fate < 0.4:
            self.server.fill(luck.choice(list(KEYS)), 2, age=luck.choice([0, LONG]))

    def weather(self):
        """What the vendors are until the next apply."""
        luck, server = self.luck, self.server
        server.behave()
        server.chaos, server.chaos_kinds = luck.choice([0, 0.1, 0.4]), ALL_KINDS
        server.replicas = luck.choice([(0.0,), (0.0,), (0.0, 100.0)])
        server.cache_seconds = luck.choice([0.0, 0.0, 0.0, 100.0])
        if luck.random() < 0.15:
            server.misbehave(luck.choice(CREATES), Odd("job", commit=luck.random() < 0.5))
        # What is hidden while the state is lost, nobody can know of.
        if luck.random() < 0.15 and not self.world.forgot_orphans:
            everything = [p["id"] for name in KEYS for p in server.products(name)]
            for identity in everything[:1]:
                server.hide(identity, luck.choice([60, 5 * LONG]))
        self.world.keys = dict(KEYS)
        for name, key in {"kakaclo": OTHER_KAKACLO_KEY, "gelato": OTHER_GELATO_KEY}.items():
            # Who knows nothing there cannot tell that it is another account.
            if luck.random() < 0.08 and self.world.state.owned(name):
                self.world.keys[name] = key

    def untold(self):
        """What no answer and no listing has told before it was made again, while moderation hid it."""
        self.never_told |= self.server.never_told(SETTLE)
        return self.never_told

    def look(self):
        """Somebody plans with `--refresh`; what that shows and the state does not know is hidden then."""
        luck, world = self.curious, self.world
        if luck.random() > 0.3:
            return
        with suppress(ProviderError, CredentialsError):
            for name, found in world.refresh().items():
                for identity in sorted(found.reading.rows.keys() - world.state.owned(name).keys()):
                    self.server.hide(identity, luck.choice([60, 5 * LONG]))

    def step(self):
        luck, world = self.luck, self.world
        self.change()
        self.weather()
        self.look()
        moment = luck.choice(["before", "after"]), luck.choice(MOMENTS), luck.randint(1, 6)
        dies = at(*moment) if luck.random() < 0.3 else None
        try:
            report = world.apply(dies=dies, wait=luck.random() < 0.7, first_contact=luck.random() < 0.3)
        except Killed:
            truth(world, untold=self.untold())
        else:
            truth(world, report, untold=self.untold())
        world.clock.pass_by(luck.choice([0, 20, LONG]))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_year_of_worse_luck(world, seed):
    year = Year(world, seed)
    year.habits()

    for _ in range(8):
        year.step()
