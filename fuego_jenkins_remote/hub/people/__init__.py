"""People: users, teams, labs, invitations and tokens; a module a noun."""
