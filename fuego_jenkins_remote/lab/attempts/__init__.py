"""One attempt's way through the lab, a step a phase, and where it is written down."""
