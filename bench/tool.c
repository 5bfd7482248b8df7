#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FILL_BYTES ((size_t)65536)

void tool_die(const char *what)
{
    perror(what);
    exit(1);
}

uint64_t tool_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

bool tool_become_realtime(void)
{
    struct sched_param param = {.sched_priority = 10};
    return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

int tool_schedstat_open(int pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, pid);
    return pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

uint64_t tool_schedstat_delay_ns(int fd)
{
    char text[96];
    ssize_t length = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
    uint64_t on_cpu = 0, delay = 0;
    text[length > 0 ? length : 0] = 0;
    sscanf(text, "%" SCNu64 " %" SCNu64, &on_cpu, &delay);
    return delay;
}

void *tool_grow(void *items, size_t wanted, size_t *capacity, size_t item_bytes)
{
    if (wanted <= *capacity) return items;
    *capacity = wanted > *capacity * 2 ? wanted : *capacity * 2;
    void *bigger = realloc(items, *capacity * item_bytes);
    if (!bigger) tool_die("realloc");
    return bigger;
}

void bytes_append(struct bytes *bytes, const char *data, size_t size)
{
    bytes->data = tool_grow(bytes->data, bytes->size + size, &bytes->capacity, 1);
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

void bytes_drop(struct bytes *bytes, size_t size)
{
    bytes->size -= size;
    if (bytes->size) memmove(bytes->data, bytes->data + size, bytes->size);
}

static int connect_near(const char *path)
{
    struct sockaddr_un near = {.sun_family = AF_UNIX};
    snprintf(near.sun_path, sizeof(near.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&near, sizeof(near)) ? -1 : fd;
}

static int connect_far(const char *port)
{
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    far.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&far, sizeof(far))) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

void conn_open(struct conn *conn, const char *target)
{
    *conn = (struct conn){.fd = strchr(target, '/') ? connect_near(target) : connect_far(target)};
    if (conn->fd < 0 || fcntl(conn->fd, F_SETFL, O_NONBLOCK)) tool_die(target);
}

void conn_flush(struct conn *conn)
{
    while (conn->out.size) {
        ssize_t written = write(conn->fd, conn->out.data, conn->out.size);
        if (written < 0 && errno == EAGAIN) return;
        if (written < 0) tool_die("write");
        bytes_drop(&conn->out, (size_t)written);
    }
}

void conn_fill(struct conn *conn)
{
    struct bytes *in = &conn->in;
    in->data = tool_grow(in->data, in->size + FILL_BYTES, &in->capacity, 1);
    ssize_t got = read(conn->fd, in->data + in->size, FILL_BYTES);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) tool_die("the server closed the connection");
    in->size += (size_t)got;
}

void key_put(char *out, uint64_t number)
{
    for (int at = KEY_DIGITS - 1; at >= 0; at--, number /= 10) out[at] = (char)('0' + number % 10);
}

uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* An array opens as many replies more as it has elements; only flat data is walked here, so a
 * count of what is still open is enough. */
size_t reply_size(const char *data, size_t size)
{
    size_t at = 0;
    for (long open = 1; open > 0; open--) {
        const char *end = at < size ? memchr(data + at, '\n', size - at) : NULL;
        if (!end) return 0;
        long number = strtol(data + at + 1, NULL, 10);
        char type = data[at];
        at = (size_t)(end - data) + 1;
        if (type == '$' && number >= 0) at += (size_t)number + 2;
        if (type == '*' && number > 0) open += number;
        if (at > size) return 0;
    }
    return at;
}
