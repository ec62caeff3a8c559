"""The `ftc` command: each verb parses, calls one function of another part, and prints."""
