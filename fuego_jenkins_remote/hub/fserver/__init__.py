"""The hub as clients of an old Fuego server see it: `fserver.py` on the same requests, boards and tests.

The form of what is said is that of fuego/fserver_format.py; what it does is done by the same functions as the hub's own
API. Off unless the operator turns it on (`ftc hub serve --fserver`), since these clients send no token.
"""
