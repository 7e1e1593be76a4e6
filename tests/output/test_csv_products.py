"""Products as rows of CSV: whole tables, and that every cell comes back as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podsync.catalog.parsing import csv_reader
from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.output.csv.products import ProductRow, _table, plan_csv, state_csv
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
        ProductRow(Address("designed_product", f"dino{index}"), (), freeze({"a": 1, "b": True})),
        ProductRow(Address("designed_product", "hat"), (), freeze({"b": 1.5, "model": "x"})),
    ]

    assert "".join(_table((), rows)) == (
        "address,colour,a,b,model\n"
        f'"designed_product.dino{index}",red,1,true,\'-\n'
        "designed_product.hat,'-,'-,1.5,x\n"
    )


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
_SPECS = st.recursive(
    _TEXTS | st.integers(0, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("xyz"), _SPECS, min_size=1, max_size=3), min_size=1, max_size=4)
)
def test_every_cell_is_read_back_as_it_was_and_none_begins_a_formula(specs):
    rows = [ProductRow(Address("k", f"p{n}"), (), freeze(spec)) for n, spec in enumerate(specs)]
    text = "".join(_table((), rows))
    columns = text.split("\n", 1)[0].split(",")
    table = csv_reader.read("a.csv", text.encode(), columns)

    assert table.faults == ()
    for row, spec in zip(table.rows, specs, strict=True):
        for column in columns[1:]:
            assert row[column].value == found(spec, column.split("."))


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
