"""Fuego labs joined into a network: requests, boards, runs, and the Jenkins between them."""

__version__ = "0.1.0"
