"""What the data can and cannot show."""
