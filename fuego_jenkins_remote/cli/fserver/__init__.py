"""What verbs do another way, or only, where an old Fuego server is spoken with."""
