"""Verbs of the test store."""
