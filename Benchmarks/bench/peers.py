"""The command lines of the other generators, and a thread that only sleeps."""

import shlex
import shutil


def saturating(url, connections, seconds, peer=""):
    """name -> command, of every installed generator that sends as fast as it can on one thread."""
    commands = {
        "wrk": ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url],
        "h2load --h1": ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", url],
        "hey": ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{seconds}s", url],
        # -n after -t, which would set it to 50 000.
        "ab -k": ["ab", "-k", "-q", "-r", "-c", str(connections), "-t", str(seconds),
                  "-n", "5000000", url],
    }
    if peer and "{rate}" not in peer:
        commands.update(custom(peer, url, connections, seconds))
    return installed(commands)


def fixed(url, rate, connections, seconds, peer=""):
    """name -> command, of every installed generator that can hold a rate (requests per second)."""
    each = f"{rate / connections:g}"
    commands = {
        "hey -q": ["hey", "-cpus", "1", "-c", str(connections), "-q", each, "-z", f"{seconds}s",
                   url],
        "wrk2 -R": ["wrk2", "-t1", f"-c{connections}", f"-d{seconds}s", f"-R{rate}", url],
        "h2load --rps": ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}",
                         "--rps", each, url],
    }
    if "{rate}" in peer:
        commands.update(custom(peer, url, connections, seconds, rate))
    return installed(commands)


def custom(template, url, connections, seconds, rate=0):
    """BENCH_PEER: a command with {url}, {connections}, {seconds} and, for fixed rates, {rate}."""
    command = shlex.split(template.format(
        url=url, connections=connections, seconds=seconds, rate=rate))
    return {f"peer {command[0].rsplit('/', 1)[-1]}": command}


def installed(commands):
    return {name: command for name, command in commands.items() if shutil.which(command[0])}


def sleeper_lateness(bench, period, seconds):
    """By how many seconds each wake of a thread was late that does nothing but sleep to a grid."""
    program = bench.compiled("sleeper/sleeper.c", "sleeper")
    process = bench.launch(
        [program, str(round(period * 1e9)), str(round(seconds / period))], bench.generator_cpu)
    process.wait(seconds + 30)
    return [int(line) / 1e9 for line in process.text().split()]
