"""One good record of the desk's export, for tests of what becomes of it."""

SCREEN = "Emberline Kettle (kettle). Price: $49.00. Weight: 1.2 kg. Colour: red. Dishwasher safe: no."
REPLY = ("Thank you for asking about our kettle. It costs $49.00. Next step: add it to your basket. "
         "Warmly, the Quillmere desk")
RECORD = {"id": "d-1", "created": "2025-03-01T09:30:00", "channel": "email", "customer": "c-1", "agent": "a-1",
          "product": "Emberline Kettle", "policy": None, "intent": "price", "license": "owned", "rating": 4,
          "record": SCREEN, "question": "What does the Emberline Kettle cost?", "reply": REPLY}
