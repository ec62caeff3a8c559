"""`ftc lab`: what a lab's admin runs, and what builds of the jobs for people call."""
