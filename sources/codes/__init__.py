"""Lists of codes: what each means, and on which days it is in force."""
