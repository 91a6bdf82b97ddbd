"""Starts the program with the checkout on the import path: it shares the platform's settings and components."""

import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import_module("bootstrap.program").main()
