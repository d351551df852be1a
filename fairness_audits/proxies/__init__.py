"""Features that stand in for ethnicity: how well they tell it, and what the list would be without the strongest."""
