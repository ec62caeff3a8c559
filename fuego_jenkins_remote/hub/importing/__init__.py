"""Boards, tests and requests taken over from an old Fuego server's data folder.

Whatever is there already stays as it is: a second import takes only what is new.
"""
