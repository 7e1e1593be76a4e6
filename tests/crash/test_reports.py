"""What a run says at its end is true, also where the shops' answers are the trouble."""

from __future__ import annotations

from podsync.sandbox import Fault
from tests.crash import catalogs, tracing
from tests.crash.scene import a_scene, records

REPORT = ("-o", "text", "-o", "json=report.json")


def test_an_update_that_may_have_arrived_is_not_called_undone_when_its_resend_is_refused(template, tmp_path):
    faults = Fault("gelato", "update", "status:500", commit=True), Fault("gelato", "update", "status:400")
    with a_scene(template, tmp_path, *faults) as scene:
        scene.apply(*REPORT[:2], "-o", f"json={tmp_path / 'report.json'}")

        named = next(r for r in records(tmp_path / "report.json") if r["address"] == "customer_product.named")
        assert "Poster anew" in scene.names("gelato")
        assert named["outcome"] == "in_doubt"
        assert "Nothing was made" not in named["error"]
        scene.recovers()


def test_a_model_that_the_list_does_not_tell_says_nothing_about_pictures(scene):
    scene.only([catalogs.tee("one", 21)])
    scene.shops.set_rules(models=(), kakaclo_lag=0)

    run = scene.apply()

    assert run.code == 0, run.err
    assert "under other URLs" not in run.out
    scene.recovers()


def test_a_create_that_was_made_before_the_journal_failed_is_not_called_untried(scene):
    """The answer stands in the journal, though the fsync after it failed and the run broke off."""
    tracing.needed()
    scene.only([catalogs.poster("one")], parallelism=1)
    injection = tracing.injecting("fsync:error=EIO:when=4", paths=[scene.journal_path])

    run = scene.run(*REPORT, under=injection)

    assert run.code == 1, run.err
    scene.check_report(scene.folder / "report.json")
    (scene.folder / "report.json").unlink()
    scene.recovers()
