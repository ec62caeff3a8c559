"""What the operators of hub and vision do beside serving: backups, tidying up, looking after it."""
