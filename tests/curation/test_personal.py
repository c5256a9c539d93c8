"""Mail addresses, phones and cards are masked; numbers that are nobody's stay."""

from __future__ import annotations

import pytest
from dump_record import RECORD

from ftlab.curation import personal


def test_masks_hide_what_is_personal_and_can_be_undone():
    asked = "Write to anna@post.example or call +44 20 7946 0018; my card is 4111 1111 1111 1111."
    masked = personal.mask({**RECORD, "question": asked, "reply": "We wrote to anna@post.example."})
    assert masked["question"] == "Write to <EMAIL_1> or call <PHONE_1>; my card is <CARD_1>."
    assert masked["reply"] == "We wrote to <EMAIL_1>."
    assert [item["kind"] for item in masked["personal"]] == ["email", "phone", "card"]
    assert personal.unmask(masked["question"], masked["personal"]) == asked


@pytest.mark.parametrize("address", [
    "tea@shop.126.com", "rita@mail.4u.example", "kai@net.2und2.example", "a_b@8gag.museum",
    "ольга@почта.рф", "hallo@例子.测试", "मीरा@डाक.भारत", "pelé@café.example",
    "anna+kettle@post.example", "o'neil.b@x-y.co.uk", "me@xn--fsq.xn--0zwm56d", "1234@5678.example",
])
def test_addresses_by_the_standards_are_found_whole(address):
    for text in (f"Mail {address}.", f"({address})", f"Write to {address}, please"):
        assert [(item.kind, item.value) for item in personal.find(text)] == [("EMAIL", address)]


@pytest.mark.parametrize("text", [
    "My order number is 2025 1234567.",
    "Invoice 4111-1111-1111-1112.",  # the last digit makes Luhn's sum 31, not 30
    "It costs $1,049.00 and was made on 2025-03-01.",
    "Keep it at hand. Warmly, we meet at noon.",
    "Tracking number 4231276926113260 came.",
    "It came on 2025-03-01 09:30, and on 01.03.2025 at 09.30 it broke.", "Sent 4/2/2025 14:05:33.", "20250301 0930.",
    "Open 9.00-17.30.", "The date was 03 04 2025 11 30.", "On 03 04 2025 at 11 30, I think.", "03 04 2025 1130",
    "It is 120 x 60 x 40 cm, outside 1200/600/400 mm.", "1000 - 2000 - 3000 mm",
    "We paid 1 049 000,00 EUR.", "12.345.678,90 euros", "CHF 1'049'000.00", "$12 345 678",
    "We live at 51.5074, -0.1278.", "52.5200066, 13.4049540", "lat 40.712776 lon -74.005974",
    "version 2@3.5, a@b, @home", "3 kettles @ 4.50 each", "Please arrive at 5 dot 30.",
    "It came on 1 March 2025 09.30.", "It broke on 1 March 2025 0930, at work.", "On March 1, 2025 0930 it came.",
    "Am 3. Mai 2025 14.30 kam es.", "I was a customer in 2023-2024.", "The set of season 2024/2025 is gone.",
    "It has a warranty 2019 - 2021.", "From 2020-21 on.", "It gives 3000-4000 lumens.", "Colour 2700-6500 K.",
    "At 51.50 -0.12 on the map.", "Grid 47.37 8.54 please.", "It comes in 100/200/300.", "Between 10000-20000 sheets.",
    "It runs 10 000 - 15 000 hours.", "pressure 1013 - 1020 hPa", "Sizes 36-38, 40-42, 44-46.", "2 900 000 BTU or so.",
    "EN 60335-2-15 says so.", "12 345 678 steps", "Page 1203-1210 in the book.", "9001:2015 - 14001",
])
def test_numbers_that_are_nobodys_stay(text):
    assert personal.find(text) == []


@pytest.mark.parametrize("text", [
    "Order no. 0171 2345678", "invoice nr. 030 1234567", "Ref. 030 1234567", "Art. Nr. 0171 2345678",
    "S.N. 0171 2345678", "item no. 415-555-2671 has a crack", "part no. 030 12345678, please",
    "My ref. no. is 0171 2345678.", "Order no.\n030 1234567", "The customer no. was 020 7946 0018",
    "Device ID +49 30 123456",
    "serial number: +44 20 7946 0018", "The order number is +49 30 1234567",
])
def test_an_abbreviation_ends_no_sentence_between_a_number_and_its_name(text):
    assert personal.find(text) == []


@pytest.mark.parametrize("text", [
    "No. My mobile is 0171 2345678", "I have no order no. Call 030 1234567", "For my order: +49 30 1234567",
    "The driver of the delivery has +44 20 7946 0018.", "The order is late. 030 1234567",
    "Customer Bell, +49 30 1234567", "It is off the grid. 020 7946 0018",
])
def test_and_what_is_no_name_of_the_number_hides_no_phone(text):
    assert [item.kind for item in personal.find(text)] == ["PHONE"]


@pytest.mark.parametrize("text", [
    "The factor is 0.123456789.", "It is EUR 0.123456 a sheet.", "0,12345678 of it",
    "I boiled it 0 10 20 30 40 minutes.", "It shows 0, 50, 100, 150 degrees", "It came 05-03-25 0900.",
    "On 5/3/25 at 1430 it broke", "32U 0461234 5481234",
    "UTM 32N 461234 5481234", "Easting 0461234, northing 5481234", "UTM: E 0461234 N 5481234",
    "We live at 33T 500000 4649776.",
    "It holds 0.5 1.0 1.5 2.0 litres", "0.5 1.0 1.5 2.0 3.0 kg", "Lids of 0.5 - 1.0 - 1.5 - 2.0", "10.5 11.0 11.5 12.0",
    "It takes 0.25 0.5 0.75 1 1.25 cups", "It has 0.5 1 1.5 2 2.5 3 litres",
])
def test_decimals_series_short_dates_and_grids_are_no_phones(text):
    assert personal.find(text) == []


@pytest.mark.parametrize("text", [
    "I will be away 02/04/25 - 05/04/25.", "Away 02.04.25-05.04.25", "Open Mon-Fri 0900-1730", "Open 0800 - 2000",
    "on 05/04 0800-1200", "Open 0900-1200 and 1300-1730.", "zip 01234-5678", "My postal code is 01234-5678",
    "claim number 0123456789", "P/N 0123-456-7890", "transaction 0123456789", "waybill 0123456789", "docket 0123456789",
    "consignment 0123456789", "numbers 0 1 2 3 4 5 6 7 8 9", "steps 1 2 3 4 5 6 7 8 9 10 11", "VAT number 0123456789",
    "the number 0123456789 is on the parcel label", "Call me about claim number 0123456789",
    "Please ring, transaction no. 0123456789",
])
def test_spans_of_dates_and_hours_and_numbers_of_papers_are_no_phones(text):
    assert personal.find(text) == []


@pytest.mark.parametrize("text", [
    "Open 0900-1730, 020 7946 0018", "From 02/04/25 - 05/04/25 on 0171 2345678", "zip 01234, 020 7946 0018",
    "I claim it is broken, 0171 2345678", "I return it to you, 020 7946 0018", "DHL came. 020 7946 0018",
    "Please call me about the return: 020 7946 0018", "Call me re my claim - 020 7946 0018",
    "Ring me about the quote 0171 2345678", "Phone for DHL: 0171 2345678", "Call UPS 0171 2345678",
    "Text me about the transaction: 020 7946 0018", "Please ring me about my subscription, 020 7946 0018",
    "My number 020 7946 0018 on the parcel label is wrong", "The purchase was fine, 0171 2345678", "030/1230900-1730",
])
def test_and_beside_them_a_phone_is_found(text):
    assert [item.kind for item in personal.find(text)] == ["PHONE"]


@pytest.mark.parametrize("number", ["01712345678", "0301234567", "00491712345678", "02079460018", "01-42-68-53-00",
                                    "0171 2345678"])
def test_a_leading_0_is_enough_for_a_number_that_nobody_names(number):
    for text in (number, f"It is {number}."):
        assert [item.value for item in personal.find(text)] == [number]
    assert personal.find(f"My order is {number}.") == []


# All of these numbers pass the check digit and begin as a network's do: only the words around tell them apart.
@pytest.mark.parametrize(("text", "kinds"), [
    ("My order is 4111 1111 1111 1111.", []),
    ("The serial number of my lamp is 4539578763621486.", []),
    ("Device 378282246310005 beeps.", []),
    ("4539578763621486 is my order number.", []),
    ("IMEI 356938035643809", []),  # 15 digits with a check digit, as every device has
    ("S/N 4539578763621486", []), ("SN: 4539578763621486", []), ("Order-Nr. 4539578763621486", []),
    ("Order number?\n4111111111111111", []), ("order ID=4111111111111111", []),
    ("tickets 4111111111111111 and 4539578763621486", []), ("GTIN 4111111111111111", []), ("UPC 4539578763621486", []),
    ("the device with the number 4539578763621486", []), ('parcel "4539578763621486" is lost', []),
    ("4539578763621486 (order number)", []), ("Serial no.: 4539-5787-6362-1486", []),
    ("my order is paid with card number 4539578763621486", ["CARD"]), ("card no. 4539578763621486", ["CARD"]),
    ("356938035643809", []),  # no card network has 15 digits that begin with 35
    ("My order was paid by card 4111 1111 1111 1111.", ["CARD"]),
    ("I paid for the item with 4539578763621486.", ["CARD"]),
    ("For my last order I used 4111 1111 1111 1111", ["CARD"]),
    ("Credit card for item 3: 4111111111111111", ["CARD"]),
    ("My Visa, the one on the order: 4111111111111111", ["CARD"]),
    ("You charged my order to 4111 1111 1111 1111", ["CARD"]),
    ("I paid with 4111 1111 1111 1111 as my order was late", ["CARD"]),
    ("It is 4111 1111 1111 1111 (order 12)", ["CARD"]),
    ("item 3: 4111111111111111", ["CARD"]),  # the item's number is 3
    ("I paid, and my order number is 4111111111111111", ["CARD"]),  # the price that the docstring states
    ("My charger has the serial number 4539578763621486", []),
    ("I used the device 4539578763621486", []), ("I used it, device 4539578763621486", []),
    ("I am using my old voucher 4539578763621486", []), ("I used this for the order: 4111 1111 1111 1111", ["CARD"]),
    ("I used my Visa for the device 4539578763621486", ["CARD"]),
    ("The number 4111111111111111 on the back of the device", []),
    ("4111111111111111 is printed under the lid of my kettle", []), ("It has 4111111111111111 on its label", []),
    ("The number 4111111111111111 on the back of my card", ["CARD"]),
    ("My card number 4111111111111111 on the device is wrong", ["CARD"]),
    ("It is 4111 1111 1111 1111 on the front and 123 on the back", ["CARD"]),
    ("The order with 4539578763621486 is lost", []), ("Where is my order with 4539578763621486?", []),
    ("I placed the order with 4539578763621486", ["CARD"]), ("I made the order with 4539578763621486, is it", ["CARD"]),
    ("My order with 4539578763621486 was charged twice", ["CARD"]),
    *((text.replace("N", "4539578763621486"), []) for text in (
        "I was charged twice for order N", "I paid for order N last week", "The payment for order N failed",
        "I paid for my order, number N", "I paid order no. N", "Payment of invoice number: N", "DHL N", "UPS number N",
        "PO number N", "PO N", "claim number N", "transaction N", "Return N", "return number N",
        "I want to know why I paid twice for order N", "confirmation N",
        "order confirmation N", "subscription N", "license key N", "consignment N", "waybill N", "Loyalty number N",
        "Serial on the sticker: N", "The sticker says N", "Serial number on the back: N")),
    *((text.replace("N", "4539578763621486"), ["CARD"]) for text in (
        "Order 123 paid with N", "I paid by card for order N", "I paid with my Visa, order N",
        "I paid for order 12 with N", "You charged order 12 to N", "I used this for order N", "DHL came, and N",
        "I was charged on N for order 12", "I return it, refund it to N", "I paid the DHL driver with N",
        "The serial on the card: N")),
    *((text.replace("N", "4539578763621486"), ["CARD"]) for text in (
        "Please charge my order N exp 12/27 cvv 123", "I paid for the order N visa", "I paid for order N, 12/27",
        "I paid for the order, no. N, cvv 123", "I paid for order N, it is valid until 12/27",
        "refund for my claim N", "Refund the purchase: N", "I want my money for the return: N", "Return N, exp 12/27",
        "I want a refund for my transaction N", "I paid for my subscription N", "I paid for the parcel N")),
    *((text.replace("N", "4539 5787 6362 1486"), ["CARD"]) for text in (
        "payment for my policy N", "I paid for order N", "I paid for my subscription N")),
    *((text.replace("N", "4539578763621486"), []) for text in (
        "Refund order N", "Refund my claim number N", "I paid for order N by 12/27", "I paid for order N, 2 items",
        "My voucher N expires on 12/27", "I want my money back for return no. N")),
    ("378282246310005", ["CARD"]),  # named by nobody: masked, which is the safer error
])
def test_the_words_around_decide_what_is_a_card(text, kinds):
    assert [item.kind for item in personal.find(text)] == kinds


@pytest.mark.parametrize("number", [
    "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111", "4111\u20131111\u20131111\u20131111",
    "4111\u00a01111\u00a01111\u00a01111", "4111 - 1111 - 1111 - 1111", "4111/1111/1111/1111", "4111 1111\n1111 1111",
    "4111-1111-\n1111-1111", "4111 1111 1111\r\n1111", "3782 822463 10005", "3782.822463.10005", "3782 822463\n10005",
])
def test_a_card_is_found_whole_with_whatever_stands_between_its_groups(number):
    for text in (f"Card {number}", f"It is {number}.", f"{number} 12/27", f"My card: {number} 123, please"):
        assert [(item.kind, item.value) for item in personal.find(text)] == [("CARD", number)]
    for text in (f"My order is {number}.", f"serial number {number}"):
        assert personal.find(text) == []


@pytest.mark.parametrize("text", [
    "It shows 4111.1111 1111.1111.", "4111.1111.1111.1112", "4111, 1111, 1111, 1111",
    "Measured:\n4111\n1111\n1111\n1111\n",
])
def test_other_numbers_of_four_digits_are_no_card(text):
    assert personal.find(text) == []


@pytest.mark.parametrize(("text", "number"), [
    ("My order never came, call 020 7946 0018.", "020 7946 0018"),  # "call" is nearer than "order"
    ("On 2025-03-01 09:30 I rang (415) 555-2671.", "(415) 555-2671"),
    ("Tel. 01.42.68.53.00", "01.42.68.53.00"),  # not a date, though 01.42.68 looks like one
    ("text me on 07911123456", "07911123456"),
    ("+49 30 1234567", "+49 30 1234567"),
    ("415-555-2671, please", "415-555-2671"), ("it is 020 7946 0018", "020 7946 0018"),
    ("In 2023-2024 you could call 612 345 678", "612 345 678"), ("01 42 68 53 00", "01 42 68 53 00"),
    ("030/1234567 89", "030/1234567 89"), ("My phone: 020 7946 0958 (order 12)", "020 7946 0958"),
    ("020 7946 0958 (order no. 12)", "020 7946 0958"), ("Tel: 089 / 1234-5678", "089 / 1234-5678"),
    ("Ring 020 7946 0958, that is my order's number", "020 7946 0958"),
    ("Ring 0171.23 45.67 89", "0171.23 45.67 89"), ("06.12 34.56 78, please", "06.12 34.56 78"),
    ("Call 612.34.56.78", "612.34.56.78"), ("It holds 0.5 1.0 1.5 litres; 020 7946 0958", "020 7946 0958"),
])
def test_phones_beside_other_numbers(text, number):
    assert [(item.kind, item.value) for item in personal.find(text)] == [("PHONE", number)]


def test_a_bare_mobile_without_its_trunk_is_masked_beside_a_word_such_as_call():
    assert personal.find("It is 612 345 678.") == []  # the price that the docstring states
    assert [item.kind for item in personal.find("Call 612 345 678.")] == ["PHONE"]


def test_blanks_round_the_sign_of_an_address():
    assert [item.value for item in personal.find("Mail anna @ post.example, please.")] == ["anna @ post.example"]


@pytest.mark.parametrize("text", [
    "Please look at quillmere dot com.", "I bought it at shop dot example", "We saw these at mill dot example",
    "Is it cheaper at kettles dot example?", "The lid is listed at parts dot example",
])
def test_a_place_in_the_web_is_no_address_of_a_person(text):
    assert personal.find(text) == []


def test_hidden_addresses_and_two_of_a_kind():
    found = personal.find("anna (at) post (dot) example, or bob at mail dot example")
    assert [item.kind for item in found] == ["EMAIL", "EMAIL"]
    masked = personal.mask({**RECORD, "question": "a@post.example b@post.example A@post.example"})
    assert masked["question"] == "<EMAIL_1> <EMAIL_2> <EMAIL_1>"


def test_a_data_card_says_what_was_not_looked_for():
    from ftlab.curation import lineage

    card = lineage.data_card("raw.jsonl", "0", [], [], {})
    assert "bank accounts (IBAN)" in card["not_looked_for"] and "streets and towns" in card["not_looked_for"]
    assert personal.find("DE89 3704 0044 0532 0130 00, Mill Lane 4") == []  # and so it is


def test_checks_of_manner_read_a_word_in_the_place_of_each_mask():
    assert personal.without_masks("Write to <EMAIL_1> or <PHONE_12>, not to <desk> or <EMAIL_x>.") == (
        "Write to them or them, not to <desk> or <EMAIL_x>.")
