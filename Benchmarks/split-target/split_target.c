// A small, fast HTTP/1.1 target that ends its answers in a chosen way; it prints `port N` and runs until SIGTERM.
//   split_target [-a ADDRESS] [-p PORT] [-d DELAY_MS] [-b BODY_BYTES] [-s SEED] MODE
//
//   whole   head and body in one segment
//   two     head and body in two segments without TCP_NODELAY: the second waits for an acknowledgement
//   close   no length, ended by closing
//   reset   a reset instead of an answer
//   mixed   two bytes and BODY_BYTES in turn
//   idle    as whole, but closes what was idle for 150 ms; now and then all answers take 20 ms
//   silent  no answer ever
//
// `GET /count` is answered with the number of other requests so far. Requests have no body.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { whole, two, closing, reset, mixed, idle, silent };
static const char *const mode_names[] = {
    "whole", "two", "close", "reset", "mixed", "idle", "silent"};

enum { greatest = 65536, answers_at_once = 65536 };
static const int64_t millisecond = 1000000;

struct connection {
    bool open, asks_count;
    int matched;            // how much of the blank line after a head was seen
    uint32_t generation;    // a delayed answer must not go to a later connection of the same number
    int64_t active;         // when it was last used
    const char *rest;       // of an answer that did not fit into the socket
    size_t left;
};

static struct connection connections[greatest];
static struct { int64_t due; int number; uint32_t generation; } delayed[answers_at_once];
static unsigned delayed_head, delayed_tail;
static enum mode mode;
static int loop, listener, greatest_seen;
static int64_t delay, burst_begin, burst_end;
static unsigned seed = 1;
static uint64_t count;
static char *large;
static size_t large_size;
static const char small[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const size_t head_size = sizeof small - 3;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "split_target: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int number, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = number};
    if (epoll_ctl(loop, operation, number, &event)) fail("epoll_ctl");
}

static void end(int number, bool by_reset) {
    struct linger at_once = {1, 0};
    if (by_reset) setsockopt(number, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connections[number].open = false;
    connections[number].generation++;
    close(number);
}

static void open_all(void) {
    for (;;) {
        int number = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (number < 0) return;
        if (number >= greatest) { close(number); continue; }
        if (number > greatest_seen) greatest_seen = number;
        uint32_t generation = connections[number].generation;
        connections[number] = (struct connection){
            .open = true, .generation = generation, .active = now()};
        int on = mode != two;
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(number, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void deliver(int number, const char *bytes, size_t size) {
    struct connection *connection = &connections[number];
    ssize_t sent = send(number, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) { end(number, false); return; }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    bool was_waiting = connection->left > 0;
    connection->rest = bytes + done;
    connection->left = size - done;
    if (connection->left > 0 || was_waiting)
        watch(number, EPOLL_CTL_MOD, connection->left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void answer(int number) {
    static const char endless[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok";
    static uint64_t answers;
    connections[number].active = now();
    switch (mode) {
    case two:
        deliver(number, small, head_size);
        if (connections[number].open) deliver(number, small + head_size, 2);
        break;
    case closing:
        deliver(number, endless, sizeof endless - 1);
        if (connections[number].open) end(number, false);
        break;
    case reset: end(number, true); break;
    case mixed:
        if (answers++ % 2) deliver(number, large, large_size);
        else deliver(number, small, sizeof small - 1);
        break;
    case silent: break;
    case whole: case idle: deliver(number, small, sizeof small - 1);
    }
}

static void answer_count(int number) {
    char text[128], body[24];
    int size = snprintf(body, sizeof body, "%" PRIu64, count);
    size = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                    "Content-Length: %d\r\n\r\n%s", size, body);
    send(number, text, size, MSG_NOSIGNAL);
    end(number, false);
}

// How long the answer to a request that came now takes.
static int64_t wanted_delay(int64_t at) {
    if (mode != idle) return delay;
    while (at >= burst_end) {
        burst_begin = burst_end + (150 + rand_r(&seed) % 100) * millisecond;
        burst_end = burst_begin + 30 * millisecond;
    }
    return at >= burst_begin ? 20 * millisecond : 0;
}

static void request(int number) {
    if (connections[number].asks_count) { answer_count(number); return; }
    count++;
    int64_t at = now(), wait = wanted_delay(at);
    connections[number].active = at;
    if (wait == 0) { answer(number); return; }
    unsigned place = delayed_tail++ % answers_at_once;
    delayed[place].due = at + wait;
    delayed[place].number = number;
    delayed[place].generation = connections[number].generation;
}

static void receive(int number) {
    char bytes[16384];
    ssize_t size = recv(number, bytes, sizeof bytes, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) { end(number, false); return; }
    struct connection *connection = &connections[number];
    if (connection->matched == 0)
        connection->asks_count = size >= 11 && !memcmp(bytes, "GET /count ", 11);
    for (ssize_t index = 0; index < size && connection->open; index++) {
        char wanted = connection->matched % 2 ? '\n' : '\r';
        bool fits = bytes[index] == wanted;
        connection->matched = fits ? connection->matched + 1 : bytes[index] == '\r';
        if (connection->matched == 4) { connection->matched = 0; request(number); }
    }
}

// Answers that are due; returns for how many milliseconds the loop may sleep.
static int answer_due(void) {
    int64_t at = now();
    for (; delayed_head != delayed_tail; delayed_head++) {
        unsigned place = delayed_head % answers_at_once;
        int number = delayed[place].number;
        if (delayed[place].due > at) return (delayed[place].due - at) / millisecond + 1;
        if (connections[number].open && connections[number].generation == delayed[place].generation)
            answer(number);
    }
    return -1;
}

static void close_idle(void) {
    int64_t oldest = now() - 150 * millisecond;
    for (int number = 0; number <= greatest_seen; number++)
        if (connections[number].open && connections[number].active < oldest) end(number, false);
}

static void listen_at(const char *address, int port) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof place;
    int on = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, address, &place.sin_addr) != 1) { errno = EINVAL; fail(address); }
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&place, size) || listen(listener, 4096)) fail("listen");
    getsockname(listener, (void *)&place, &size);
    printf("port %d\n", ntohs(place.sin_port));
    fflush(stdout);
}

static void read_options(int number_of_arguments, char **arguments) {
    const char *address = "127.0.0.1";
    int port = 0, letter;
    size_t body = 1 << 20;
    while ((letter = getopt(number_of_arguments, arguments, "a:p:d:b:s:")) != -1) {
        if (letter == 'a') address = optarg;
        else if (letter == 'p') port = atoi(optarg);
        else if (letter == 'd') delay = atoll(optarg) * millisecond;
        else if (letter == 'b') body = strtoul(optarg, NULL, 10);
        else if (letter == 's') seed = strtoul(optarg, NULL, 10);
        else exit(2);
    }
    const char *name = optind < number_of_arguments ? arguments[optind] : "";
    while (mode <= silent && strcmp(mode_names[mode], name)) mode++;
    if (mode > silent) { fprintf(stderr, "split_target: unknown mode '%s'\n", name); exit(2); }
    large = calloc(1, body + 128);
    large_size = sprintf(large, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body) + body;
    listen_at(address, port);
}

int main(int number_of_arguments, char **arguments) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    read_options(number_of_arguments, arguments);
    loop = epoll_create1(EPOLL_CLOEXEC);
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);
    int64_t last_look = 0;
    for (;;) {
        struct epoll_event events[256];
        int timeout = answer_due();
        if (mode == idle && (timeout < 0 || timeout > 2)) timeout = 2;
        int ready = epoll_wait(loop, events, 256, timeout);
        for (int index = 0; index < ready; index++) {
            int number = events[index].data.fd;
            if (number == listener) { open_all(); continue; }
            struct connection *connection = &connections[number];
            if (connection->open && connection->left > 0 && events[index].events & EPOLLOUT)
                deliver(number, connection->rest, connection->left);
            if (connection->open && events[index].events & ~EPOLLOUT) receive(number);
        }
        if (mode != idle || now() - last_look < 2 * millisecond) continue;
        close_idle();
        last_look = now();
    }
}
