"""All SQL of the hub, one module a noun. What is here knows tables and rows, and nothing of rules."""
