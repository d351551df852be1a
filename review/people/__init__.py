"""Who may log in, as what, and how."""
