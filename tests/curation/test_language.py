"""English stays, other languages and scripts go, and what is too short to say is called that."""

from __future__ import annotations

import pytest
from dump_record import RECORD

from ftlab import files, paths
from ftlab.curation import language
from ftlab.curation.records import Reject


@pytest.mark.parametrize(("text", "code"), [
    ("Wie lange gilt die Garantie für den Kessel, und wo wird er gemacht?", "de"),
    ("Bonjour, quel est le prix de la bouilloire et quand arrive-t-elle ?", "fr"),
    ("Buongiorno, di che colore è il bollitore e quanto pesa?", "it"),
    ("Kuinka paljon tämä kattila painaa ja missä se on tehty?", "fi"),  # no language of the shop's customers
    ("Was will er in so an Ort an, in dem es an Tee so will?", "de"),  # half of its words are words of English too
    ("Сколько весит этот чайник и когда он придёт?", "ru"),
    ("केतली कितने लीटर की है और कब आएगी?", "hi"),
    ("这个水壶多少钱，什么时候到？", "zh"),
    ("กาน้ำนี้ราคาเท่าไหร่", "th"),
    ("价", language.OTHER_SCRIPT),  # one sign: no language is sure, but it is not English
])
def test_other_languages_and_scripts_are_dropped(text, code):
    with pytest.raises(Reject, match=f"found '{code}'"):
        language.check_language({**RECORD, "question": text})


@pytest.mark.parametrize("text", ["Price?", "ok", "12 x 14", "", "?!", "Kettle 1.5 L"])
def test_what_is_too_short_to_say_is_unsure_and_stays(text):
    assert language.detect(text)[0] == language.UNSURE
    record = {**RECORD, "question": text}
    assert language.check_language(record) is record


def test_english_stays_also_with_a_foreign_name_in_it():
    for text in ("Is 保温壶 dishwasher safe, and how much is it?", "Do you deliver to Köln or Łódź next week?"):
        assert language.detect(text)[0] == "en"
    texts = [row["text"] for row in files.read_table(paths.data() / "world" / "desk" / "harmless.csv")]
    assert {language.detect(text)[0] for text in texts} <= {"en", language.UNSURE}
