"""The verb `run`: the service, and how its end is reported to the service manager."""

import argparse
import logging
import os
import sys

from moodpid.config import DEFAULT_PATH, load
from moodpid.errors import ConfigError, ExitCode, MoodpidError, RestartRequested


def run(options: argparse.Namespace) -> ExitCode:
    """Run the service; log what ends it, and report it to the service manager."""
    from moodpid.system import logs
    from moodpid.system.sd_notify import service_manager

    logs.set_up()
    log = logging.getLogger(__name__)
    try:
        from moodpid import app

        app.run(load(options.config or DEFAULT_PATH))
    except RestartRequested as request:
        log.info("%s", request)
        if "NOTIFY_SOCKET" in os.environ:  # the service manager restarts the service
            return request.exit_code
        # -P: without it the current folder, which any user may own, comes first among the modules
        os.execv(sys.executable, [sys.executable, "-P", "-m", "moodpid", *sys.argv[1:]])  # noqa: S606 - ourselves
    except MoodpidError as error:
        for line in error.lines:
            log.error("%s", line)  # noqa: TRY400 - the line is complete, a traceback would bury it
        service_manager().failed(str(error))
        return ExitCode.CONFIG if isinstance(error, ConfigError) else error.exit_code
    except Exception:
        log.exception("a bug in moodpid; please report it with these lines")
        service_manager().failed("a bug in moodpid; see the journal")
        return ExitCode.BUG
    return ExitCode.OK
