"""Who is who: one form for every value, which records to compare, and how sure it is that two are one person."""
