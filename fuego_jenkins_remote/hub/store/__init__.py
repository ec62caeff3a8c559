"""The test store: tests by name and version, with what is in their test.yaml, and their binaries."""
