"""A well board: checks after trouble, and who is out of the network meanwhile."""
