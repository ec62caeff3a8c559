"""The results service: takes runs in, keeps them, shows them."""
