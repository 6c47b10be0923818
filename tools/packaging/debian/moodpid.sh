#!/bin/sh
# moodpid with the packages that come along; nothing from the current folder or of the user's own gets between, libcamera
# tells only what is wrong, and root leaves no compiled files behind
PYTHONPATH=/usr/lib/moodpid PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 \
  LIBCAMERA_LOG_LEVELS="${LIBCAMERA_LOG_LEVELS:-*:WARN}" exec /usr/bin/python3 -m moodpid "$@"
