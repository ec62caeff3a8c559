"""Delivery to an old Fuego server."""
