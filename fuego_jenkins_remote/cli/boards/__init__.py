"""Boards: listed, shown, matched, shared, kept."""
