"""What a lab needs, looked at: clocks, the machine and who the tests run as, a trial build of a board's job."""
