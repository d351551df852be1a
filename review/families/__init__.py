"""What a family's page and a team's page show, made from a run."""
