"""Runs a command and prints what it took: wall and CPU seconds, peak memory of all its processes."""

import json
import resource
import subprocess
import sys
import threading
import time

TICK_S = 0.01


def tree(process):
    """The process and all below it."""
    yield process
    try:
        with open(f"/proc/{process}/task/{process}/children") as children:
            below = children.read().split()
    except OSError:
        return
    for child in below:
        yield from tree(child)


def peak(process):
    """The most memory the process ever had, in KiB; 0 if it is gone."""
    try:
        with open(f"/proc/{process}/status") as status:
            lines = [line for line in status if line.startswith("VmHWM")]
        return int(lines[0].split()[1]) if lines else 0
    except OSError:
        return 0


def watch(root, peaks, over):
    while not over.wait(TICK_S):
        for process in tree(str(root)):
            peaks[process] = max(peaks.get(process, 0), peak(process))


started = time.monotonic()
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
peaks, over = {}, threading.Event()
watcher = threading.Thread(target=watch, args=(run.pid, peaks, over))
watcher.start()
output, _ = run.communicate()
wall = time.monotonic() - started
over.set()
watcher.join()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
# The kernel knows the largest process exactly; the others are added as they were last seen.
others = sum(sorted(peaks.values())[:-1])
print(json.dumps({
    "code": run.returncode,
    "output": output.decode(),
    "wall_s": round(wall, 3),
    "cpu_s": round(used.ru_utime + used.ru_stime, 3),
    "peak_mb": round((used.ru_maxrss + others) / 1024, 1),
}))
