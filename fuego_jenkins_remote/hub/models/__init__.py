"""What goes over the wire, as docs/protocol.md has it. Pydantic stands here, at the edge, and nowhere else."""
