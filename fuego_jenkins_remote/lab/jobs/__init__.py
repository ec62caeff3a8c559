"""The lab's jobs in Jenkins: made, compared, brought up to date."""
