"""What is known of songs: the store, places on the plane of valence and arousal, neighbours."""
