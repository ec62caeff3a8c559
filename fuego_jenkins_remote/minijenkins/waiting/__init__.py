"""What waits and why: the queue, where a job may run, timers and how times are written."""
