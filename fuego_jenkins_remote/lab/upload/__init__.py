"""The lab's jobs, view and nodes in its Jenkins: compared with what they should be, uploaded, removed."""
