"""What one caller may take of a service, so that there is enough for the others.

``rates`` says how many calls, ``callers`` whose they are, ``desks`` how many of them are worked on at a time;
``entrance`` stands before the routes and asks all three, before a call has cost a thread or a transaction.
"""
