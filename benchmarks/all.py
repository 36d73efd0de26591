"""Run every table of docs/performance.md but the lab's: python benchmarks/all.py [--quick] [--short] [--before FOLDER].

About 15 minutes on an idle machine; ``--quick`` takes under two, prints the tables and writes none. The pure core and
the compiled one are measured side by side; where the compiled core is not built, the tables say so. ``--before`` is
passed on to `itself.py`, ``--short`` to `commands.py`, and every other option to all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ("compare.py", "itself.py", "split.py", "growth.py", "long_run.py", "commands.py")


def main() -> int:
    """Run the scripts one after another, and say how long each took."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--before", help="another checkout of Pileup")
    made.add_argument("--short", action="store_true", help="leave out the commands that take minutes")
    options, shared = made.parse_known_args()
    own = {
        "itself.py": ["--before", options.before] if options.before else [],
        "commands.py": ["--short"] if options.short else [],
    }
    for script in SCRIPTS:
        began = time.perf_counter()
        words = [sys.executable, str(HERE / script), *shared, *own.get(script, [])]
        status = subprocess.run(words, check=False).returncode
        if status:
            return status
        print(f"[{script} took {time.perf_counter() - began:.0f} s]\n", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
