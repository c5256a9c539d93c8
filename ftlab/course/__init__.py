"""Runs the notebooks, offline, and reports on them and on this computer."""
