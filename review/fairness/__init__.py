"""How fair each list is, now and before; what is withheld and why; the run's reports that name nobody."""
