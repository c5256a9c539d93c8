"""Which lines of an export are records, and which records may be used."""

import json

import pytest
from dump_record import RECORD

from ftlab.curation import records
from ftlab.curation.records import Reject


@pytest.mark.parametrize(("line", "message"), [
    (json.dumps(RECORD)[:90], "expected valid JSON"),
    ("[]", "expected a JSON object, found a list"),
    (json.dumps({**RECORD, "reply": 5}), r"expected text in 'reply', found a number \(5\)"),
    (json.dumps({**RECORD, "rating": 9}), "from 1 to 5, or null, in 'rating', found 9"),
    (json.dumps({**RECORD, "rating": True}), "in 'rating', found True"),
    (json.dumps({**RECORD, "question": " "}), "found an empty text"),
    (json.dumps({**RECORD, "created": "yesterday"}), "ISO 8601"),
    (json.dumps({key: value for key, value in RECORD.items() if key != "intent"}), "found none named intent"),
    (records.decode(b'{"id": "\xff"}'), "expected UTF-8 text"),
])
def test_a_line_that_is_no_record_is_named(line, message):
    with pytest.raises(Reject, match=message):
        records.validate(line)


def test_an_unknown_license_does_not_let_us_train():
    for license_text in ("", "no-training", "Owned"):
        with pytest.raises(Reject, match="Ask for consent"):
            records.check_license({**RECORD, "license": license_text})


@pytest.mark.parametrize("nothing", ["\u200b\u200b", "\u3164", "\ufeff \u2060", "\u2800", "\u00ad"])
@pytest.mark.parametrize("name", ["question", "record", "customer"])
def test_a_text_that_nobody_sees_is_empty(nothing, name):
    with pytest.raises(records.Reject, match=f"expected text in '{name}', found an empty text"):
        records.validate(json.dumps({**RECORD, name: nothing}))
