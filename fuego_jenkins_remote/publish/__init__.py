"""Where runs are delivered: each kind of target in a module of its own, behind one protocol (targets.py)."""
