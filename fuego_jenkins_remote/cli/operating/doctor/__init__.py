"""`ftc hub doctor`: what is well with a hub, what is dangerous, what to do."""
