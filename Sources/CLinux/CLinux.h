// Linux calls that Swift's Glibc module lacks: one call per function, no logic.
// Results are the kernel's: -1 with errno set on failure.
// _GNU_SOURCE would change the layout of types that Swift's Glibc module has too, so its calls are declared here.
#pragma once
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

extern int pthread_clockjoin_np(pthread_t, void **, clockid_t, const struct timespec *);
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);
extern long syscall(long, ...);

static inline int64_t linux_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int64_t linux_realtime_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int linux_sleep_until(int64_t monotonic_ns) {
    struct timespec t = {monotonic_ns / 1000000000, monotonic_ns % 1000000000};
    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

// epoll_event is packed on x86-64: Swift sees it only through these.
static inline int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int linux_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, fd, &event);
}
static inline size_t linux_epoll_event_size(void) { return sizeof(struct epoll_event); }
static inline int linux_epoll_wait(int epoll, void *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds);
}
// Waits for nanoseconds, from Linux 5.11 on; ENOSYS before.
static inline int linux_epoll_wait_fine(int epoll, void *events, int capacity, int64_t ns) {
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    return (int)syscall(SYS_epoll_pwait2, epoll, events, capacity, &t, NULL, 8);
}
static inline uint64_t linux_event_token(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].data.u64;
}
static inline uint32_t linux_event_flags(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].events;
}

static inline int linux_timerfd_create(void) {
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}
static inline int linux_timerfd_arm(int fd, int64_t monotonic_ns) {
    struct itimerspec spec = {
        .it_value = {monotonic_ns / 1000000000, monotonic_ns % 1000000000}};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}
static inline int linux_eventfd_create(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int linux_signalfd_create(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
static inline int linux_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1;
}

// Of getaddrinfo; netdb.h names them under _GNU_SOURCE only.
static const int linux_eai_nodata = -5;
static const int linux_eai_addrfamily = -9;

// Swift does not always see the names of this enum of glibc's.
static const int linux_stream_type = SOCK_STREAM;
static const int linux_socket_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

static inline int linux_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
static inline int linux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
static inline int linux_set_int_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}
static inline int linux_set_congestion_control(int fd, const char *name) {
    return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}
static inline int linux_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}
// Receives once; *stamp_ns becomes the kernel's CLOCK_REALTIME stamp of the last segment, or 0 without one.
static inline ssize_t linux_receive_stamped(int fd, void *buffer, size_t capacity, int64_t *stamp_ns) {
    struct iovec slice = {buffer, capacity};
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {
        .msg_iov = &slice, .msg_iovlen = 1,
        .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t count = recvmsg(fd, &message, 0);
    *stamp_ns = 0;
    if (count <= 0) return count;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_TIMESTAMPNS) {
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
        *stamp_ns = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    }
    return count;
}

static inline int linux_set_timer_slack(unsigned long ns) {
    return prctl(PR_SET_TIMERSLACK, ns, 0, 0, 0);
}
static inline int linux_name_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}
static inline int linux_thread_number(void) { return (int)syscall(SYS_gettid); }
// 0 once the thread has ended; ETIMEDOUT when it has not by then.
static inline int linux_join_thread(pthread_t thread, int64_t monotonic_ns) {
    struct timespec t = {monotonic_ns / 1000000000, monotonic_ns % 1000000000};
    return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &t);
}
// How many cores this process may run on; -1 when the kernel does not say.
static inline int linux_available_cores(void) {
    uint64_t mask[128];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    if (bytes <= 0) return -1;
    int cores = 0;
    for (long i = 0; i < bytes / 8; i++) cores += __builtin_popcountll(mask[i]);
    return cores;
}
