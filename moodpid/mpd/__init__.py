"""The music room: what MPD shows and what is wished for become MPD commands."""
