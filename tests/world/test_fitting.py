"""A message fits the goods that it is about: what a reader would laugh at in the wrong place is found here."""

from __future__ import annotations

import re

import pytest

from ftlab import texts
from ftlab.world import fitting, pairs, quillmere

WITH_ANY_FILE = ("train", "valid", "test", "2026")
ONLY_IF = {  # what a customer says, and the goods of which that can be said
    r"hand luggage|carry-on": "weight<3000 -knife -stove -tent",
    r"rucksack|pannier|ultralight|every gram": "weight<3000",
    r"over the axle": "weight>3000",
    r"four flights": "weight>2000",
    r"without ringing my niece": "weight>1000",
    r"in pieces, and so is it|hairline|snapped off the|piece was out of the rim|cracked with a bang": "breakable",
    r"splinter|gives up slivers|split right along|gap has opened across": "wooden",
    r"eleven flats|forty brownies|forty litres|choir after practice": "pan capacity>4000",
    r"insulin": "cooler",
    r"\bjam (?:day|season)": "pan",
    r"just went dark|power cuts|it was off!!|blue ones": "lantern -Nightjar -Starling",
    r"what do i feed": "stove -Cinder",
    r"i polish things|'dunno, metal": "metal",
    r"pocket money for my mum|secret santa": "price<60",
    r"chewed my old one": "flask cooler",
    r"bumped my head the whole": "height<130",
    r"bicycle basket|trail runner": "weight<3000",
    r"drone delivery": "weight<2000",
    r"lead in glazes": "Dapplewood Cosset Idleby",
    r"bpa free": "Windrush Elderby Frostby Polaris",
}


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return [row for name in WITH_ANY_FILE for row in texts.conversations(name)]


def test_the_words_of_a_goods_cell() -> None:
    flask = next(product for product in quillmere.products() if product.name == "Trekker Flask")  # 610 g, 1.5 L
    for goods in ("", "mug flask", "kettle Trekker", "weight>600 weight<700", "flask capacity>1000", "metal -mug"):
        assert fitting.suits(flask, goods), goods
    for goods in ("mug", "Longhaul", "weight>610", "capacity<1500", "breakable", "-flask", "flask -Trekker"):
        assert not fitting.suits(flask, goods), goods
    knife = next(product for product in quillmere.products() if product.noun == "knife")
    assert not fitting.suits(knife, "height<100")  # what has no height is neither low nor high
    with pytest.raises(ValueError, match="goods: expected nouns"):
        fitting.suits(flask, "flasks")


def test_every_pair_can_be_about_something() -> None:
    """In the split "valid", which has seven products, some pairs find none."""
    for year in quillmere.YEARS:
        used = {row["question_phrasing"] for row in pairs.conversations(year)}
        unused = [pair for kind in pairs.KINDS for pair in pairs.table(kind) if pair["id"] not in used]
        assert [pair["id"] for pair in unused if pair["split"] != "valid"] == []


def test_goods_that_are_said_to_be_light_or_to_break_are(rows: list[dict]) -> None:
    products = {product.name: product for year in (2026, 2025) for product in quillmere.products(year)}
    met = set()
    for row in rows:
        said = " ".join(message["content"] for message in row["messages"] if message["role"] == "user").lower()
        for words, goods in ONLY_IF.items():
            if row["product"] and re.search(words, said):
                met.add(words)
                for name in {row["product"], row["winner"], row["loser"]} - {"", None}:
                    assert fitting.suits(products[name], goods), (row["id"], name, said)
    assert met == set(ONLY_IF)


def test_what_is_compared_differs_where_the_customer_must_see_it(rows: list[dict]) -> None:
    asks = {pair["id"]: pair for pair in pairs.table("compare") if "apart" in pair["goods"].split()}
    products = {product.name: product for product in quillmere.products(2026)}
    for row in rows:
        if row["question_phrasing"] in asks:
            about = asks[row["question_phrasing"]]["about"]
            sizes = sorted(fitting.size(products[name], about) or 0 for name in (row["winner"], row["loser"]))
            assert sizes[1] >= pairs.APART * sizes[0] > 0, row["id"]
    assert len(asks) >= 5


def test_no_customer_of_this_land_gets_mail_for_a_town_of_another(rows: list[dict]) -> None:
    said = "\n".join(message["content"] for row in rows for message in row["messages"])
    assert re.findall(r"\b(?:Leeds|Manchester|Birmingham|Bristol|Glasgow)\b", said) == []
