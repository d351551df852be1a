"""The access log, and who looked at whose record."""
