"""The course's scorers as ``evaluate.Metric`` modules. Each file also loads, offline, with ``evaluate.load``."""
