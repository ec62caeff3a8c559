"""Fuego's own formats: names, board files, test.yaml, run.json, packages, fuego.conf. No network."""
