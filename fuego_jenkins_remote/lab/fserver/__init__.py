"""A lab that serves requests of an old Fuego server: its claims there, and the hub's calls over them."""
