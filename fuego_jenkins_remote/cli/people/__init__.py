"""Verbs on people: teams, invitations, tokens, the audit log."""
