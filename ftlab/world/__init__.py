"""The world of Quillmere: facts in tables under ``data/world``, and the texts, conversations and questions made from them."""
