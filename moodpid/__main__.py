"""`python -m moodpid` is the command `moodpid`."""

from moodpid.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
