"""Learning who cares from who was identified, where most who care never are and who is depends on who looks."""
