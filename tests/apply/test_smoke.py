def test_smoke(world):
    world.tee("a"); world.tee("b"); world.poster("p")
    r = world.apply()
    print(r.outcomes, r.notes, r.stopped)
    assert r.exit_code == 0
    world.check()
    world.settle()

def test_cuts(world):
    from tests.apply.vendor_server import Odd
    a = world.tee("a"); world.poster("p")
    world.server.misbehave("kakaclo.create", Odd("cut", commit=True))
    world.server.misbehave("gelato.create", Odd("reset", commit=False))
    r = world.apply()
    print(r.outcomes, r.notes, r.stopped, world.heard.waits)
    assert r.exit_code == 0
    world.settle()
