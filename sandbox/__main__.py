"""What the scripts in `bin/` start: a provider, given its package and the engine's process id."""

import gc
import os
import sys

# What is imported lives to the end: looking through it for garbage is half of a provider's start, and the engine
# starts up to eight providers a run.
gc.disable()

from sandbox.server import main

gc.freeze()
gc.enable()
sys.exit(main(sys.argv[1:], os.environ))
