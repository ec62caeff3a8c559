"""Jobs and their builds: what a config.xml says, what a build leaves, which view shows which."""
