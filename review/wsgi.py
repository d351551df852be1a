"""The web app as a WSGI application, of the run that ``EARLY_HELP_RUN`` names."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from review.serving import RUN_VARIABLE, context_of
from review.settings import configure
from store.run_folder import RunFolder

# On Windows the command that made the database ready goes on to serve, and has settled them.
if not settings.configured:
    configure(context_of(RunFolder(Path(os.environ[RUN_VARIABLE]))))
application = get_wsgi_application()
