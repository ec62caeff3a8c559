"""A small stand-in for Fuego's own test runner, for boards that are this machine; and the way to the real one."""
