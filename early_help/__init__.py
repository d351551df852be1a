"""The early-help command line: council configuration, and the run with its stages, manifest and resume."""
