"""ftlab: the helper package of a fine-tuning course. Every module is named by its concept and nothing happens at import."""

__version__ = "0.1.0"
