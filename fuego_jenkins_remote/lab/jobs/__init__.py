"""What the lab's jobs in Jenkins are: made from jenkins_jobs/, the lab's boards and the plugins that are there."""
