// A thread that does nothing but sleep to each step of a grid: what is late here is late by the machine alone.
//   sleeper PERIOD_NS COUNT     prints by how many nanoseconds each wake was late, a line each
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int count_of_arguments, char **arguments) {
    if (count_of_arguments != 3) {
        fprintf(stderr, "usage: sleeper PERIOD_NS COUNT\n");
        return 2;
    }
    int64_t period = atoll(arguments[1]);
    int count = atoi(arguments[2]);
    int64_t *late = calloc(count, sizeof *late);
    if (period <= 0 || count <= 0 || !late) return 2;
    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t start = now() + period;
    for (int index = 0; index < count; index++) {
        int64_t due = start + index * period;
        struct timespec t = {due / 1000000000, due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        late[index] = now() - due;
    }
    for (int index = 0; index < count; index++) printf("%" PRId64 "\n", late[index]);
    return 0;
}
