"""The machine around the daemon: service manager, journal and credentials."""
