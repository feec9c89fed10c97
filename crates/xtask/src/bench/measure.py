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


def memory(process):
    """What the process holds now, in KiB, pages that it shares counted by share; 0 if it is gone."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    except (OSError, IndexError):
        return 0


def watch(root, peak, over):
    pause = TICK_S
    while not over.wait(pause):
        looked = time.monotonic()
        peak[0] = max(peak[0], sum(memory(process) for process in tree(str(root))))
        # Looking at a large process takes time from it.
        pause = max(TICK_S, 20 * (time.monotonic() - looked))


started = time.monotonic()
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
peak, over = [0], threading.Event()
watcher = threading.Thread(target=watch, args=(run.pid, peak, over))
watcher.start()
output, _ = run.communicate()
wall = time.monotonic() - started
over.set()
watcher.join()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
# The kernel knows the peak of the largest process, however short it was.
print(json.dumps({
    "code": run.returncode,
    "output": output.decode(),
    "wall_s": round(wall, 3),
    "cpu_s": round(used.ru_utime + used.ru_stime, 3),
    "peak_mb": round(peak[0] / 1024, 1),
    "largest_mb": round(used.ru_maxrss / 1024, 1),
}))
