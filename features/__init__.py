"""Features: definitions by subject, and the point-in-time engine that computes them."""
