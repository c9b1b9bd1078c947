// Counts allocations per thread, preloaded into a program:
// LD_PRELOAD=malloc_count.so MALLOC_COUNT_FILE=f.
//
// The file is mapped and holds 256 cells of three 64-bit numbers: a thread id, how many times that
// thread called malloc, calloc, realloc, memalign, aligned_alloc or posix_memalign, and how many of
// these calls came from the program's own code and not from a shared library. A reader takes two
// looks at it and has the counts of the time between; the kernel knows each thread's name. Threads
// beyond 256 share the last cell.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc's own names of its allocator: looking them up with dlsym would allocate.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { cells = 256 };

struct cell {
    int64_t thread;
    int64_t calls;
    int64_t own_calls;
};

static struct cell *table;
static uintptr_t code_begin, code_end;
static int used;
// Initial-exec: the dynamic model allocates a thread's block at first use, with malloc.
static __thread struct cell *mine __attribute__((tls_model("initial-exec")));

// The first object that the loader lists is the program.
static int note_code(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        code_begin = object->dlpi_addr + part->p_vaddr;
        code_end = code_begin + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void open_table(void) {
    const char *path = getenv("MALLOC_COUNT_FILE");
    if (!path) return;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, cells * sizeof(struct cell))) _exit(125);
    void *memory =
        mmap(NULL, cells * sizeof(struct cell), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) _exit(125);
    dl_iterate_phdr(note_code, NULL);
    __atomic_store_n(&table, memory, __ATOMIC_RELEASE);
}

static void count(void *caller) {
    struct cell *all = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    if (!all) return;
    if (!mine) {
        int index = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
        mine = &all[index < cells ? index : cells - 1];
        mine->thread = syscall(SYS_gettid);
    }
    __atomic_fetch_add(&mine->calls, 1, __ATOMIC_RELAXED);
    if ((uintptr_t)caller >= code_begin && (uintptr_t)caller < code_end)
        __atomic_fetch_add(&mine->own_calls, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || !alignment) return EINVAL;
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}
