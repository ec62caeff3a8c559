"""`ftc lab init`: asks for what a lab needs, checks it, writes it down, makes the jobs, and tries a board."""
