"""Running one build: its processes, its console, its artifacts."""
