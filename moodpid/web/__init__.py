"""The page: the mood, the camera and the music in a browser; runs only where it is switched on."""
