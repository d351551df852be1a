"""Looking people and addresses up in the index of a run: identifiable, and logged before anything is shown."""
