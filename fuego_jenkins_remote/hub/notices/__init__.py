"""Notices: what people are told of, who is told, and how it gets there."""
