"""One declarative file for each target."""
