"""The room where pixels live: cameras, face detection and classification of emotions."""
