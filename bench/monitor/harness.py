"""What the measurements of bench/monitor share: the machine in words, network namespaces, processor time and memory."""
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def need(*tools):
    """Ends the program, unless these tools are there and root runs it."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        sys.exit(f"{sys.argv[0]}: needs {', '.join(missing)}")
    if os.getuid() != 0:
        sys.exit(f"{sys.argv[0]}: needs root")


def machine():
    """One sentence for the head of a table."""
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    total = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) * 1024
    return (f"{os.cpu_count()} processors ({model.group(1) if model else os.uname().machine}), "
            f"{total / 1e9:.0f} GB, Linux {os.uname().release}, {time.strftime('%F %H:%M UTC', time.gmtime())}; "
            f"load average {os.getloadavg()[0]:.2f}")


def head(title):
    print(f"# {title}\n\n{machine()}. By `{pathlib.Path(sys.argv[0]).name}{''.join(' ' + a for a in sys.argv[1:])}`.\n", flush=True)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def table(*names):
    row(*names)
    print("|" + "---|" * len(names), flush=True)


def processor_seconds(pid):
    """Of all threads of a process."""
    return processor_seconds_of(pathlib.Path(f"/proc/{pid}/stat"))


def processor_seconds_of(file):
    fields = file.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def scheduled_nanos(pid, thread=None):
    """Processor time by the scheduler, which is finer than ticks: of one thread, or of all that live."""
    threads = [thread] if thread else os.listdir(f"/proc/{pid}/task")
    total = 0
    for number in threads:
        try:
            total += int(pathlib.Path(f"/proc/{pid}/task/{number}/schedstat").read_text().split()[0])
        except OSError:
            pass  # it ended
    return total


def threads_by_name(pid):
    """Processor time in ns of each thread that lives, by its name; those of one name together."""
    nanos = {}
    for number in os.listdir(f"/proc/{pid}/task"):
        try:
            name = pathlib.Path(f"/proc/{pid}/task/{number}/comm").read_text().strip()
            nanos[name] = nanos.get(name, 0) + scheduled_nanos(pid, number)
        except OSError:
            pass
    return nanos


def memory(pid):
    """In MB: VmRSS, VmHWM, RssAnon of status, and Pss of smaps_rollup."""
    found = {}
    for file in "status", "smaps_rollup":
        for key, value in re.findall(r"^(VmRSS|VmHWM|RssAnon|Pss):\s*(\d+) kB", pathlib.Path(f"/proc/{pid}/{file}").read_text(), re.M):
            found[key] = int(value) * 1024 / 1e6
    return found


def java_of(process, seconds=20):
    """Waits until the launcher has become the JVM (it keeps its process number)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{' '.join(map(str, process.args))} ended with {process.returncode}")
        if os.readlink(f"/proc/{process.pid}/exe").endswith("/java"):
            return process.pid
        time.sleep(0.02)
    sys.exit("the launcher did not become a JVM")


def programs(pid):
    """The eBPF programs and links that a process holds."""
    held = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if "bpf-prog" in target or "bpf_link" in target or "bpf-link" in target or "raw-tracepoint" in target:
            held.append(target)
    return held


def monitor_words():
    return f"`{os.environ.get('BENCH_MONITOR', '--source=ebpf --json')}`"


def java_words(program, environment):
    """The command line that a launcher ends in, by a run of --version that is asked what it is."""
    process = subprocess.Popen([ROOT / "bin" / program, "--version"], env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    words = ""
    while process.poll() is None:
        try:
            if os.readlink(f"/proc/{process.pid}/exe").endswith("/java"):
                words = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text().replace("\0", " ")
                break
        except OSError:
            pass  # it has just ended
    process.wait()
    return words


class Started:
    """Processes, all ended (by their number) when the block ends, the last one first."""

    def __init__(self):
        self.processes = []
        self.namespaces = []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def start(self, *command, inside=None, **options):
        words = [str(word) for word in command]
        if inside:
            # Only the network: with ip netns exec /sys would be another, without the control groups.
            words = ["nsenter", f"--net=/run/netns/{inside}"] + words
        options.setdefault("stdin", subprocess.DEVNULL)
        # A shell ignores it for what it starts in the background, us and ours.
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen(words, cwd=ROOT, **options)
        self.processes.append(process)
        return process

    def end(self, process, seconds=20):
        if process.poll() is None and process.stdin:
            # Those that end their own processes when nobody has their standard input open any more.
            process.stdin.close()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in process.stdin, process.stdout:
            if pipe:
                pipe.close()
        if process in self.processes:
            self.processes.remove(process)

    def monitor(self, *arguments, inside=None, output=subprocess.DEVNULL, options=""):
        """Starts bin/runmonitor as BENCH_MONITOR says (--source=ebpf --json), and waits until it counts."""
        words = os.environ.get("BENCH_MONITOR", "--source=ebpf --json").split()
        errors = tempfile.TemporaryFile("w+")
        environment = dict(os.environ, BWMON_JAVA_OPTS=f"{os.environ.get('BWMON_JAVA_OPTS', '')} {options}")
        process = self.start("bin/runmonitor", *words, *arguments, inside=inside, stdout=output, stderr=errors, env=environment)
        deadline = time.monotonic() + 60
        while True:
            if process.poll() is not None:
                errors.seek(0)
                sys.exit(f"runmonitor {' '.join(words)} ended with {process.returncode}: {errors.read()}")
            if os.readlink(f"/proc/{process.pid}/exe").endswith("/java"):
                if "--source=ebpf" not in words or len(programs(process.pid)) > 0:
                    break
            if time.monotonic() > deadline:
                sys.exit("runmonitor attached nothing in a minute")
            time.sleep(0.05)
        time.sleep(2)  # until all are attached, and what starts has calmed down
        return process

    def empty_programs(self):
        """Programs that do nothing, where runmonitor's count (EmptyPrograms.java)."""
        home = os.environ.get("JAVA25_HOME") or os.environ.get("JAVA_HOME")
        process = self.start(f"{home}/bin/java" if home else "java", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx64m", "-cp",
                             ROOT / "aggregator/target/bwmon/lib/*", HERE / "EmptyPrograms.java", stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
        await_output(process, "attached")
        time.sleep(1)
        return process

    def arm(self, what):
        """What is attached while something is measured: "nothing", "empty" programs, or the "monitor"."""
        return {"nothing": lambda: None, "empty": self.empty_programs, "monitor": self.monitor}[what]()

    def pair(self, name):
        """Two network namespaces, joined by veth0 as 10.9.0.1 and 10.9.0.2."""
        here, there = f"bwmon-{name}-{os.getpid()}", f"bwmon-{name}-{os.getpid()}-peer"
        for namespace in here, there:
            run("ip", "netns", "add", namespace)
            self.namespaces.append(namespace)
        run("ip", "link", "add", "veth0", "netns", here, "type", "veth", "peer", "name", "veth0", "netns", there)
        for namespace, address in (here, "10.9.0.1/24"), (there, "10.9.0.2/24"):
            run("ip", "-n", namespace, "address", "add", address, "dev", "veth0")
            run("ip", "-n", namespace, "link", "set", "lo", "up")
            run("ip", "-n", namespace, "link", "set", "veth0", "up")
        return here, there

    def __exit__(self, *_):
        for process in reversed(list(self.processes)):
            self.end(process)
        for namespace in self.namespaces:
            run("ip", "netns", "delete", namespace)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, cwd=ROOT, **options)


def compiled(name, directory):
    """The C program of that name in this folder, compiled into a folder."""
    binary = pathlib.Path(directory) / name
    run(os.environ.get("CC", "cc"), "-O2", "-Wall", "-Werror", "-o", binary, HERE / f"{name}.c")
    return binary


def await_output(process, word):
    """Reads lines of a process's standard output until one has that word in it, and returns it."""
    for line in process.stdout:
        if word in line:
            return line
    sys.exit(f"{' '.join(map(str, process.args))} ended before it said {word}")


ARMS = ("nothing", "empty", "monitor")


def median(values):
    return statistics.median(values)
