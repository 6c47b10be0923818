"""The client of MPD: what the mood asks for and what MPD shows become commands."""
