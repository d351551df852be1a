"""Django's own commands for developers, such as making a migration, on no run and no database.

python -m review.manage makemigrations
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from review.config import ReviewConfig
from review.settings import ReviewContext, configure
from store.council import Council
from store.keys import Keys
from store.run_folder import RunFolder

_DAY = dt.date(2000, 1, 2)


def main() -> None:
    """Run the command of the command line."""
    council = Council(name="Nowhere", extract_date=_DAY, covers_from=dt.date(2000, 1, 1), covers_to=_DAY)
    context = ReviewContext(RunFolder(Path(os.devnull)), Keys(bytes(32)), council, ReviewConfig.model_validate({}))
    configure(context, {})
    execute_from_command_line(["manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
