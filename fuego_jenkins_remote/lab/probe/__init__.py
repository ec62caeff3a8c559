"""Asking a board what it is: a small test that Fuego runs on it as any other, and what its log says, as facts.

Functional.fuego_probe/   the test: what is asked
reading.py                what the answer says; it is hostile input
options.py                which options of a kernel are told
memory.py                 what was found, kept in state_dir
probing.py                the way through the lab's Jenkins
"""
