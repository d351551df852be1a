"""Sources: what each extract looks like, and how it is read, mapped, checked and quarantined."""
