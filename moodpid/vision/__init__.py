"""The room where pixels live: cameras, face detection and classification of emotions."""

import os

# numpy reads this at import; a pool of idle threads, one a core, is memory and nothing else here
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
