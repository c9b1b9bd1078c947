// Runs one command on given CPUs and reports what it cost:
// `launch REPORT CPU[,CPU...] NICE COMMAND [ARGUMENT...]`.
//
// The report's first line is the command's process id, written as soon as it is known. The second,
// written after the end, holds: user us, system us, greatest resident set in KiB, elapsed us, exit
// status (128 + signal). This process is small on purpose: a fork starts with its parent's resident
// set as its greatest one.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;

static void forward(int number) {
    if (child > 0) kill(child, number);
}

static void fail(const char *what) {
    fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
    exit(125);
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void become(char *cpus, const char *nice, char **command) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (char *cpu = strtok(cpus, ","); cpu; cpu = strtok(NULL, ",")) CPU_SET(atoi(cpu), &set);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (sched_setaffinity(0, sizeof set, &set)) fail("sched_setaffinity");
    if (setpriority(PRIO_PROCESS, 0, atoi(nice))) fail("setpriority");
    execvp(command[0], command);
    fail(command[0]);
}

int main(int count, char **arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: launch REPORT CPU[,CPU...] NICE COMMAND [ARGUMENT...]\n");
        return 125;
    }
    FILE *report = fopen(arguments[1], "we");
    if (!report) fail(arguments[1]);
    prctl(PR_SET_PDEATHSIG, SIGTERM);

    long long begin = now();
    child = fork();
    if (child < 0) fail("fork");
    if (child == 0) become(arguments[2], arguments[3], arguments + 4);

    // Installed after the fork, so that the command starts with the default handling.
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    fprintf(report, "%d\n", (int)child);
    fflush(report);

    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) fail("wait4");
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    fprintf(report, "%lld %lld %ld %lld %d\n", microseconds(usage.ru_utime),
            microseconds(usage.ru_stime), usage.ru_maxrss, now() - begin, code);
    fclose(report);
    return code;
}
