"""What requester, hub, lab and vision share: states, selectors, policy rules, identities. Pure: no HTTP, no SQL."""
