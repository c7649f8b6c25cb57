"""The only folder that imports torch: models, their states, and what changes them."""

import os

# Read when torch loads. Threads that spin while they wait for each other make two models that run
# at once on the same cores up to ten times slower (measured); sleeping costs one alone little.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
