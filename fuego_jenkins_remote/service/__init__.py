"""What the two services, hub and vision, share: tokens, database, errors, sign-in, pages, the ready line."""
