"""The run folder: table definitions, zones, atomic writing, keys and errors that every room stands on."""
