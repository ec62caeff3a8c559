"""What runs the steps: the bridge, one pass of it, or a person by hand."""
