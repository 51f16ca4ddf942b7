"""The machine that is measured on, and processes that answer one request a line on some of its cores."""

import json
import os
import pathlib
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
# What makes one machine's figures another's fairy tale.
TELLING = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8")


def cpu():
    """Model and the instruction sets that matter, one line."""
    facts = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    have = set(facts.get("flags", "").split())
    told = ", ".join(f"{'' if flag in have else 'no '}{flag}" for flag in TELLING)
    return f"{facts.get('model name', 'unknown')}; {told}"


def seconds_busy():
    """CPU seconds that the whole machine has worked since its start."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system + irq + softirq) / TICK


def others_now(seconds=2.0):
    """How many cores are busy at the moment, with nothing of ours running."""
    before = seconds_busy()
    time.sleep(seconds)
    return (seconds_busy() - before) / seconds


class Engine:
    """A process that says that it is ready and then answers each line of JSON with another."""

    def __init__(self, name, command, cores, environment=None):
        # `passive` and the cache of oneDNN are what our program gives itself; a peer keeps its library's defaults.
        environment = os.environ | {"OMP_NUM_THREADS": str(len(cores))} | (environment or {})
        self.name = name
        self.log = open(os.environ.get("BENCH_LOG", os.devnull), "a")
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        ready = self.answer()
        self.what, self.peak = ready["what"], ready["peak"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}; BENCH_LOG=FILE keeps what it says")
        return json.loads(line)

    def used(self):
        """CPU seconds of the process and its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def ask(self, request):
        """The answer, with "others": how many cores did something else meanwhile."""
        busy, own, began = seconds_busy(), self.used(), time.perf_counter()
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        found = self.answer()
        wall = max(time.perf_counter() - began, 1e-3)
        found["others"] = max(0.0, (seconds_busy() - busy - (self.used() - own)) / wall)
        self.peak = found["peak"]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()
