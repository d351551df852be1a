"""Reading extract files of every format as rows of text."""
