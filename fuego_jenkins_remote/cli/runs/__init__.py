"""`ftc` for runs: listing, fetching, packing, delivering."""
