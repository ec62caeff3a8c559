"""What an old Fuego server can do for us: its calls, and boards, requests, runs and tests in our own words."""
