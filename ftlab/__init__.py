"""The helper package of a course on fine-tuning. Every module is named by its concept; nothing happens at import."""

__version__ = "0.1.0"
