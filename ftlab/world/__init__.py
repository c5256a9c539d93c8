"""The world of Quillmere: facts in tables under ``data/world``, and what is written from them."""
