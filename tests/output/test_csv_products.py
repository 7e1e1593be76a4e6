"""Products as rows of CSV: whole tables, and that every cell comes back as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.parsing import csv_reader
from podsync.model.address import Address
from podsync.model.characters import exactly
from podsync.model.diagnostic import errors_among
from podsync.model.frozen import freeze
from podsync.output.csv.products import _table, plan_csv, state_csv
from tests.catalog.authoring.conftest import Folder
from tests.plan.build import customer, designed, in_doubt, made, plan, state

PLAN = """\
address,action,modelId,enName,imageUrl,backImageUrl,materialImages.0.imageName,materialImages.0.imageUrl,\
materialImages.1.imageName,materialImages.1.imageUrl,colorValue
designed_product.one,create,"1,5",'=SUM(A1),https://cdn.test/dino-front.png,https://cdn.test/dino-back.png,a,b,c,d,#A72525
designed_product.two,orphan,1,Two,https://cdn.test/dino-front.png,https://cdn.test/dino-back.png,'-,'-,'-,'-,#A72525
"""


def of(name: str, **spec: Any) -> Any:
    return designed(name, **spec)


def test_a_plan_has_a_row_for_each_change_and_a_column_for_each_place():
    images = [{"imageName": "a", "imageUrl": "b"}, {"imageName": "c", "imageUrl": "d"}]
    one = of("one", modelId="1,5", enName="=SUM(A1)", materialImages=images)
    two, same = of("two", enName="Two", materialImages=[]), of("same", enName="Same", imageUrl="x")
    drawn = plan([one, same], state(made(two), made(same)))

    assert "".join(plan_csv(drawn)) == PLAN
    assert "\ndesigned_product.same,no-op,1,Same,x," in "".join(plan_csv(drawn, noops=True))


def test_a_state_has_ids_with_their_provider_and_what_is_in_doubt():
    tote = customer("tote")
    lines = list(state_csv(state(made(of("one"), id="5012"), in_doubt(tote))))

    assert lines[0].startswith("address,status,id,")
    assert lines[1].startswith("customer_product.tote,in_doubt,,")
    assert lines[2].startswith("designed_product.one,created,kakaclo:5012,")


def test_the_keys_of_an_address_are_columns_of_their_own():
    index = "[colour=red,model=tee]"
    rows = [
        (Address("designed_product", f"dino{index}"), (), freeze({"a": 1, "b": True})),
        (Address("designed_product", "hat"), (), freeze({"b": 1.5, "model": "x"})),
    ]

    assert "".join(_table((), rows)) == (
        "address,colour,a,b,model\n"
        f'"designed_product.dino{index}",red,1,true,\'-\n'
        "designed_product.hat,'-,'-,1.5,x\n"
    )


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_SPECS = st.recursive(
    _TEXTS | st.integers(0, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("xyz"), _SPECS, min_size=1, max_size=3), min_size=1, max_size=4)
)
def test_every_cell_is_read_back_as_it_was_and_none_begins_a_formula(specs):
    rows = [(Address("k", f"p{n}"), (), freeze(spec)) for n, spec in enumerate(specs)]
    text = "".join(_table((), rows))
    columns = text.split("\n", 1)[0].split(",")
    table = csv_reader.read("a.csv", text.encode(), columns)

    assert table.faults == ()
    for row, spec in zip(table.rows, specs, strict=True):
        for column in columns[1:]:
            cell = row[column].value
            text = exactly(cell)
            assert (cell if text is None else text) == found(spec, column.split("."))


_DOCUMENT = """\
kind: designed_product
name: row
each: {row: {file: rows.csv}}
spec:
  modelId: ${row.modelId}
  enName: ${row.enName}
  imageUrl: ${row.imageUrl}
  backImageUrl: ${row.backImageUrl}
  materialImages: [{imageName: "${row.materialImages.0.imageName}", imageUrl: "${row.imageUrl}"}]
  colorValue: ${row.colorValue}
"""
_HOSTILE = ["-", "'-", "''-", "'", "1.2E+05", "3-Apr", "Mrz-24", "#REF!", "######", "${", "${row.x}", "$${"]
_HOSTILE += [
    "007",
    "7",
    "'7",
    "#AABBCC",
    "ABCDEF",
    "=1+1",
    "+1E+2",
    "@x",
    "' x'",
    "'90s Tee",
    " x ",
    "\u00a0x",
]
_NAMES = st.sampled_from(_HOSTILE) | st.text(
    st.sampled_from("'- ;,\"|=1E+#$${}x\u00a0\u2003"), min_size=1, max_size=6
).filter(str.strip)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_NAMES, _NAMES), min_size=1, max_size=12))
def test_a_document_reads_every_text_of_a_plan_as_it_was(texts):
    wanted = []
    for number, (name, artwork) in enumerate(texts):
        picture = f"https://cdn.test/{number}.png"
        images = [{"imageName": artwork, "imageUrl": picture}]
        wanted.append(of(f"p{number:02}", enName=name, imageUrl=picture, materialImages=images))
    with TemporaryDirectory() as root:
        folder = Folder(Path(root))
        folder.write("rows.csv", "".join(plan_csv(plan(wanted, state()))))
        folder.write("row.yaml", _DOCUMENT)
        read = folder.load()

    assert [each.summary for each in errors_among(read.diagnostics)] == []
    assert [dict(each.spec) for each in read.catalog] == [dict(each.spec) for each in wanted]


def found(value: Any, path: list[str]) -> str:
    """What stands at a path of a spec, as text; "-" where nothing does."""
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return "-"
    return "-" if isinstance(value, dict | list) else str(value)
