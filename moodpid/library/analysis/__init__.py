"""Listen to songs, with numpy and ffmpeg: imported by `moodpid analyse` alone."""
