"""Workers, teams and who holds which child, as the council's case system has it."""
