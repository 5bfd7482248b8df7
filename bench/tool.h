/* What the measuring tools share: the clock, connections that never block, and replies.
 *
 * A tool ends when its standard input does, so none outlives the benchmark that started it.
 * Whatever goes wrong on the way ends the program with a message: a measurement that is not
 * complete is none. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define KEY_DIGITS    12

struct bytes {
    char *data;
    size_t size;
    size_t capacity;
};

/* Replies gather in `in`, requests wait in `out` until the kernel takes them. */
struct conn {
    int fd;
    struct bytes in;
    struct bytes out;
};

_Noreturn void tool_die(const char *what);
uint64_t tool_now_ns(void);
bool tool_become_realtime(void);

/* The scheduler's account of one thread: how long it was ready to run but did not. */
int tool_schedstat_open(int pid);
uint64_t tool_schedstat_delay_ns(int fd);

void *tool_grow(void *items, size_t wanted, size_t *capacity, size_t item_bytes);
void bytes_append(struct bytes *bytes, const char *data, size_t size);
void bytes_drop(struct bytes *bytes, size_t size);

/* `target` is the path of a unix socket or a port of the loopback interface. */
void conn_open(struct conn *conn, const char *target);
void conn_flush(struct conn *conn);
void conn_fill(struct conn *conn);

/* Writes `number` as twelve digits, as redis-benchmark names its keys. */
void key_put(char *out, uint64_t number);
uint64_t random_next(uint64_t *state);

/* Bytes of the first whole reply, 0 if it is not complete. */
size_t reply_size(const char *data, size_t size);

#endif
