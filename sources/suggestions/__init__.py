"""What a new file of a council probably is: a mapping proposed from its headers and values, to be edited."""
