"""The ways that bench/proxy/run and memory measure: each with its own namespace, server of load.c, and forwarder."""
import argparse
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICK = os.sysconf("SC_CLK_TCK")
SERVER, FORWARDER = 5001, 5000  # ports; each way has them to itself
BASE = "HAProxy tuned"
HOUR = 3600


def enter_namespace():
    """Starts this program again as root of a user namespace, if it is not root: only root makes network namespaces."""
    if os.getuid() != 0:
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", sys.executable, *sys.argv])


def among(known):
    """For argparse: some of these names, in their own order."""
    def read(text):
        words = [word.strip() for word in text.split(",") if word.strip()]
        unknown = [word for word in words if word not in known]
        if unknown or not words:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return [name for name in known if name in words]
    return read


def command_line(program):
    settings = [f"{name}={shlex.quote(os.environ[name])} " for name in ("BENCH_RUNPIPE_ARGS", "BWMON_JAVA_OPTS") if name in os.environ]
    return f"{''.join(settings)}bench/proxy/{program}{''.join(' ' + shlex.quote(word) for word in sys.argv[1:])}"


def machine():
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    total = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) * 1024
    return (f"{os.cpu_count()} processors ({model.group(1) if model else os.uname().machine}), {total / 1e9:.0f} GB, Linux "
            f"{os.uname().release}, {time.strftime('%F %H:%M UTC', time.gmtime())}, load average {os.getloadavg()[0]:.2f}; loopback.")


def first_line(*command):
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
    return found.splitlines()[0] if found else "?"


def haproxy(directory, connections, name, extra):
    file = directory / f"{name}.cfg"
    file.write_text(f"""global
  maxconn {connections}
{"".join(f"  {line}" + chr(10) for line in extra if line.startswith(("tune.", "maxpipes")))}
defaults
  mode tcp
  maxconn {connections}
  timeout connect 10s
  timeout client {HOUR}s
  timeout server {HOUR}s
{"".join(f"  {line}" + chr(10) for line in extra if line.startswith("option"))}
listen bench
  bind 127.0.0.1:{FORWARDER}
  server one 127.0.0.1:{SERVER}
""")
    return ["haproxy", "-db", "-f", file]


def haproxy_tuned(directory, connections):
    # Without maxpipes it would want descriptors for a pipe to every fourth connection. It has a thread for each processor, as
    # it is by default: with one thread, connections cost a little less processor time, and exchanges were slower.
    return haproxy(directory, connections, "tuned",
                   ["maxpipes 128", "tune.pipesize 1048576", "option splice-request", "option splice-response"])


def nginx(directory, connections):
    built = subprocess.run(["nginx", "-V"], stderr=subprocess.PIPE, text=True, check=True).stderr
    load = ""
    if "--with-stream=dynamic" in built:
        folder = re.search(r"--modules-path=(\S+)", built)
        module = pathlib.Path(folder.group(1) if folder else "modules") / "ngx_stream_module.so"
        if not module.exists():
            sys.exit(f"{module} is missing: nginx's stream module")
        load = f"load_module {module};"
    elif "--with-stream" not in built:
        sys.exit("this nginx has no stream module")
    file = directory / "nginx.conf"
    file.write_text(f"""{load}
daemon off;
user root;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log error;
worker_processes auto;
events {{
  worker_connections {2 * connections + 64};
}}
stream {{
  access_log off;
  server {{
    listen 127.0.0.1:{FORWARDER} reuseport backlog=4096;
    proxy_pass 127.0.0.1:{SERVER};
    proxy_buffer_size 64k;
    proxy_connect_timeout 10s;
    proxy_timeout {HOUR}s;
    proxy_half_close on;
    tcp_nodelay on;
  }}
}}
""")
    return ["nginx", "-c", file, "-e", directory / "nginx.log"]


def runpipe(directory, _):
    return [os.environ.get("BENCH_RUNPIPE", ROOT / "bin" / "runpipe"), "--quiet", f"--access-log={directory}/access.log", "--drain=0",
            *shlex.split(os.environ.get("BENCH_RUNPIPE_ARGS", "")), str(FORWARDER), f"127.0.0.1:{SERVER}"]


def socat(*_):
    return ["socat", "-b65536", "-t60", f"TCP4-LISTEN:{FORWARDER},bind=127.0.0.1,reuseaddr,backlog=4096,nodelay,fork",
            f"TCP4:127.0.0.1:{SERVER},nodelay"]


def haproxy_version():
    return first_line("haproxy", "-v")


# In the order of the tables: the program, its command line, and how it tells its version.
WAYS = {
    "direct": (None, None, None),
    "runpipe": (None, runpipe, lambda: first_line(os.environ.get("BENCH_RUNPIPE", ROOT / "bin" / "runpipe"), "--version")),
    "HAProxy as installed": ("haproxy", lambda directory, connections: haproxy(directory, connections, "installed", []), haproxy_version),
    BASE: ("haproxy", haproxy_tuned, haproxy_version),
    "nginx stream": ("nginx", nginx, lambda: first_line("nginx", "-v")),
    "socat": ("socat", socat, lambda: subprocess.run(["socat", "-V"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[1]),
}


def tree(pid):
    """A process and all that descend from it, as far as they are there."""
    parents = {}
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(number)] = int(pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            pass  # it has just ended
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def processor_seconds(pid):
    """User and system time of a process, of those that descend from it, and of those of them that have ended."""
    total = 0
    for one in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
        except OSError:
            pass  # it has just ended, and its parent will have its time
    return total / TICK


class Way:
    """A server, and a forwarder before it, in a network namespace that lives as long as they do."""

    def __init__(self, running, name, connections):
        program, command, version = WAYS[name]
        if program and not shutil.which(program):
            sys.exit(f"{name}: {program} is not there")
        self.name, self.running, self.forwarder = name, running, None
        self.version = version() if version else None
        set_up = ("ip link set lo up && echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range"
                  " && echo 1000000 > /proc/sys/net/ipv4/tcp_max_tw_buckets && exec \"$@\"")
        self.server = running.start("unshare", "--net", "sh", "-c", set_up, "sh", running.load, "server", SERVER,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.server.stdout.readline() != b"ready\n":
            sys.exit(f"{name}: the server did not start")
        self.port = FORWARDER if command else SERVER
        if command:
            self.log = open(running.directory / f"{re.sub('[^a-zA-Z]', '-', name)}.out", "w+")
            self.words = [str(word) for word in command(running.directory, connections)]
            self.forwarder = self.inside(*self.words, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 120  # bin/runpipe may have to make its cache first
        while self.try_it() > 0:
            if time.monotonic() > deadline or (self.forwarder and self.forwarder.poll() is not None):
                self.log.seek(0)
                sys.exit(f"{name}: {' '.join(self.words)} does not forward: {self.log.read()}")
            time.sleep(0.1)

    def inside(self, *command, **options):
        return self.running.start("nsenter", f"--net=/proc/{self.server.pid}/ns/net", *command, **options)

    def client(self, *words, **options):
        return self.inside(self.running.load, *words, stdout=subprocess.PIPE, **options)

    def try_it(self):
        process = self.client("connect", self.port, 1, 0)
        found = json.loads(self.running.output(process))
        return found["errors"]

    def load(self, kind, count, seconds):
        process = self.client(kind, self.port, count, seconds)
        found = json.loads(self.running.output(process))
        if self.forwarder and self.forwarder.poll() is not None:
            self.log.seek(0)
            sys.exit(f"{self.name} ended with {self.forwarder.returncode}: {self.log.read()}")
        return found

    def processor_seconds(self):
        return processor_seconds(self.forwarder.pid) if self.forwarder else 0

    def server_seconds(self):
        return processor_seconds(self.server.pid)


class Running:
    """All processes started, ended by their numbers when the block ends, the last one first."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.processes = []
        self.load = self.directory / "load"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", self.load, HERE / "load.c"],
                       check=True)

    def __enter__(self):
        for number in signal.SIGTERM, signal.SIGINT:  # a shell has what it starts in the background ignore the latter
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return self

    def start(self, *command, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        # Of a group of its own, so that Ctrl-C reaches this program only, which then ends them.
        process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
        self.processes.append(process)
        return process

    def output(self, process):
        """What a client says until it ends."""
        found, _ = process.communicate(timeout=300)
        self.processes.remove(process)
        if process.returncode != 0:
            sys.exit(f"{' '.join(process.args)} ended with {process.returncode}")
        return found

    def way(self, name, connections=4000):
        return Way(self, name, connections)

    def end(self, process):
        family = tree(process.pid)
        if process.stdin:
            process.stdin.close()  # which ends the load
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in family[1:]:  # what socat forked lives on without it
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for stream in process.stdin, process.stdout:
            if stream:
                stream.close()
        self.processes.remove(process)

    def __exit__(self, *_):
        for number in signal.SIGTERM, signal.SIGINT:
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(list(self.processes)):
            self.end(process)
