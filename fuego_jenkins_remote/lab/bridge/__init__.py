"""The bridge: one module for each of its threads, and what they share.

    bridge.py     starts the threads; looks at the request folders, and talks to nobody
    claiming.py   the call that waits at the hub
    in_touch.py   which boards the hub knows, and what it is told of their health
    looking.py    one look at Jenkins for all builds and nodes, every few seconds
    rounds.py     one sign of life for all attempts, every few seconds
    sweeping.py   what closed attempts and boards that have gone leave behind, every hour
    schedule.py   whose step is due, and who takes it

boards.py and pace.py are what these decide by; instance.py is the bridge's name.
"""
