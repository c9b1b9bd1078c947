// The least that a load on one kept connection can cost: at each step of a grid one sleep, one receive of the answer
// to the last request, one send of the next.
//   one_loop PORT PERIOD_NS COUNT     prints how many answers came
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "one_loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int connected(int port) {
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (number < 0 || connect(number, (void *)&place, sizeof place)) fail("connect");
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return number;
}

int main(int number_of_arguments, char **arguments) {
    if (number_of_arguments != 4) {
        fprintf(stderr, "usage: one_loop PORT PERIOD_NS COUNT\n");
        return 2;
    }
    int64_t period = atoll(arguments[2]), steps = atoll(arguments[3]), answers = 0;
    char request[64], answer[16384];
    int size = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n",
                        arguments[1]);
    int target = connected(atoi(arguments[1]));
    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t start = now() + period;
    for (int64_t index = 0; index < steps; index++) {
        int64_t due = start + index * period;
        struct timespec t = {due / 1000000000, due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        if (index > 0) {
            if (recv(target, answer, sizeof answer, 0) <= 0) fail("receive");
            answers++;
        }
        if (send(target, request, size, MSG_NOSIGNAL) != size) fail("send");
    }
    printf("%" PRId64 "\n", answers);
    return 0;
}
