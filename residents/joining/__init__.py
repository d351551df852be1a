"""From scored pairs to people: clusters that cannot conflict, their ids and their best values."""
