"""The queue: where requests wait, on which terms a board may have them, and whose turn it is."""
