"""Settings: what users may change while moodpid runs, and the store that keeps it."""
