"""`ftc lab doctor`: everything a lab needs, looked at one by one. What is not well says what to do."""
