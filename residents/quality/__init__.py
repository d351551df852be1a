"""How good the index is, and whom it serves less well."""
