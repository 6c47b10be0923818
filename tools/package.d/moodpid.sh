#!/bin/sh
# moodpid with the packages that come along; nothing from the current folder or of the user's own gets between
PYTHONPATH=/usr/lib/moodpid PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 exec /usr/bin/python3 -m moodpid "$@"
