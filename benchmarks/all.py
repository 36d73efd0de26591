"""Run every table of docs/performance.md but the lab's: python benchmarks/all.py [--quick] [--dry] [--before FOLDER].

About 15 minutes on an idle machine; ``--quick`` takes under two, prints the tables and writes none. The pure core and
the compiled one are measured side by side; where the compiled core is not built, the tables say so.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ("compare.py", "itself.py", "split.py", "growth.py", "long_run.py", "commands.py")


def main() -> int:
    """Run the scripts one after another, and say how long each took."""
    words = sys.argv[1:]
    before = words[(at := words.index("--before")) : at + 2] if "--before" in words else []
    shared = [word for word in words if word not in before]
    for script in SCRIPTS:
        began = time.perf_counter()
        more = before if script == "itself.py" else []
        status = subprocess.run([sys.executable, str(HERE / script), *shared, *more], check=False).returncode
        if status:
            return status
        print(f"[{script} took {time.perf_counter() - began:.0f} s]\n", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
