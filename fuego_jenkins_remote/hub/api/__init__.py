"""The hub's API, `/api/v1`: thin routes, one module a noun; docs/protocol.md has what each takes and gives."""
