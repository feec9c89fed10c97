"""Runs a command and prints what it took: wall and CPU seconds, peak memory of its largest process."""

import json
import resource
import subprocess
import sys
import time

started = time.monotonic()
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "code": run.returncode,
    "output": run.stdout.decode(),
    "wall_s": round(wall, 3),
    "cpu_s": round(used.ru_utime + used.ru_stime, 3),
    "peak_mb": round(used.ru_maxrss / 1024, 1),
}))
