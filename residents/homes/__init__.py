"""Addresses in one form, the properties they name, and who lived there when."""
