"""Who may use the controller: users, passwords, sessions and crumbs."""
