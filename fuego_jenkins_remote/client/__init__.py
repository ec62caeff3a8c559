"""HTTP clients of hub and vision, and the values they give."""
