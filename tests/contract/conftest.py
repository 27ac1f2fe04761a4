import sys
from pathlib import Path

# The program as a user runs it: the same helpers as the end-to-end tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "end_to_end"))
