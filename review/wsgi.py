"""The web app as a WSGI application, of the run that ``EARLY_HELP_RUN`` names."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application

from review.serving import RUN_VARIABLE, context_of
from review.settings import configure
from store.run_folder import RunFolder

configure(context_of(RunFolder(Path(os.environ[RUN_VARIABLE]))))
application = get_wsgi_application()
