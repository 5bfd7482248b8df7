/* Measures how long a server leaves a paced client waiting, and how much of that is the server's
 * doing.
 *
 * The pacer sends one SET every `interval` and waits for its reply. Beside it an inserter may
 * fill the keyspace at full speed, and an observer sleeps in short steps to see when the machine
 * itself stood still. For each reply the time that threads spent waiting for a processor is read
 * from the scheduler (/proc/.../schedstat, second number) for the pacer and for the server's data
 * thread:
 *
 *     attributable = reply time - run delay of the data thread - run delay of the pacer
 *                    - machine gap
 *
 * where the machine gap is the part of an overlapping pause of the observer that the scheduler
 * does not explain (a virtual processor that was taken away, an interrupt). The method is
 * described in README.md.
 *
 * Prints one JSON object. Not a load generator: rates above 50,000 per second mean nothing here. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND    UINT64_C(1000000000)
#define GAP_MIN_NS       UINT64_C(100000)
#define OBSERVER_STEP_NS UINT64_C(50000)
#define WORST_KEPT       12
#define INSERT_BATCH     64
#define KEY_BYTES        16
#define VALUE_BYTES_MAX  1024

struct options {
    int port;
    const char *socket_path;
    int server_pid;
    int data_tid;
    uint64_t rate;
    uint64_t insert_keys;
    uint64_t known_keys;
    double seconds;
    int value_bytes;
};

struct gap {
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t run_delay_ns;
};

struct sample {
    uint64_t at_ns;
    uint64_t reply_ns;
    uint64_t server_delay_ns;
    uint64_t pacer_delay_ns;
    uint64_t machine_gap_ns;
    uint64_t attributable_ns;
};

struct probe {
    struct options options;
    char value[VALUE_BYTES_MAX + 1];
    atomic_bool done;
    atomic_uint_fast64_t inserted;
    struct sample *samples;
    size_t samples_count;
    size_t samples_capacity;
    struct gap *gaps;
    size_t gaps_count;
    size_t gaps_capacity;
    bool is_realtime;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static void sleep_until_ns(uint64_t at_ns)
{
    struct timespec at = {.tv_sec = (time_t)(at_ns / NS_PER_SECOND),
                          .tv_nsec = (long)(at_ns % NS_PER_SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

static void *grow(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity) return items;
    *capacity = *capacity ? *capacity * 2 : 4096;
    void *bigger = realloc(items, *capacity * item_bytes);
    if (!bigger) die("realloc");
    return bigger;
}

/* The scheduler's account of one thread: how long it was ready to run but did not. */
static int schedstat_open(int pid, int tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static uint64_t schedstat_run_delay_ns(int fd)
{
    char text[96];
    ssize_t length = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
    uint64_t on_cpu = 0, delay = 0;
    text[length > 0 ? length : 0] = 0;
    sscanf(text, "%" SCNu64 " %" SCNu64, &on_cpu, &delay);
    return delay;
}

static bool become_realtime(void)
{
    struct sched_param param = {.sched_priority = 10};
    return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

/* A unix socket where there is one: the kernel delivers TCP segments in threads of its own, and
 * waiting for those would be held against the server. */
static int server_connect(const struct options *options)
{
    struct sockaddr_un near = {.sun_family = AF_UNIX};
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    bool is_near = options->socket_path;
    if (is_near) snprintf(near.sun_path, sizeof(near.sun_path), "%s", options->socket_path);
    far.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(is_near ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = is_near ? (struct sockaddr *)&near : (struct sockaddr *)&far;
    int on = 1;
    if (fd < 0 || connect(fd, address, is_near ? sizeof(near) : sizeof(far)) < 0) die("connect");
    if (!is_near) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t written = write(fd, data, size);
        if (written <= 0) die("write");
        data += written;
        size -= (size_t)written;
    }
}

/* Every reply to SET is "+OK\r\n": five bytes; anything else ends the measurement. */
static void read_replies(int fd, size_t count)
{
    char data[5 * INSERT_BATCH];
    size_t wanted = 5 * count;
    while (wanted) {
        ssize_t got = read(fd, data, wanted < sizeof(data) ? wanted : sizeof(data));
        if (got <= 0) die("read");
        if (memchr(data, '-', (size_t)got)) {
            fprintf(stderr, "refused: %.*s\n", (int)got, data);
            exit(1);
        }
        wanted -= (size_t)got;
    }
}

static size_t compose_set(const struct probe *probe, uint64_t number, char *out, size_t size)
{
    int value_bytes = probe->options.value_bytes;
    return (size_t)snprintf(out, size,
                            "*3\r\n$3\r\nSET\r\n$%d\r\nkey:%012" PRIu64 "\r\n$%d\r\n%s\r\n",
                            KEY_BYTES, number, value_bytes, probe->value);
}

/* Numbers in an order that looks random and never repeats: an odd multiplier walks all of
 * 0..2^k-1. */
static uint64_t scatter(uint64_t number, uint64_t count)
{
    uint64_t size = 1;
    while (size < count) size <<= 1;
    do {
        number = (number * UINT64_C(2654435761) + 12345) & (size - 1);
    } while (number >= count);
    return number;
}

static void *inserter_run(void *argument)
{
    struct probe *probe = argument;
    size_t capacity = INSERT_BATCH * (size_t)(probe->options.value_bytes + 64);
    char *batch = malloc(capacity);
    int fd = server_connect(&probe->options);
    if (!batch) die("malloc");
    for (uint64_t at = 0; at < probe->options.insert_keys;) {
        size_t size = 0, count = 0;
        for (; count < INSERT_BATCH && at < probe->options.insert_keys; count++, at++)
            size += compose_set(probe, at, batch + size, capacity - size);
        write_all(fd, batch, size);
        read_replies(fd, count);
        atomic_store(&probe->inserted, at);
    }
    close(fd);
    free(batch);
    return NULL;
}

/* Sees when nothing ran: a realtime thread that sleeps 50 us wakes late only if the machine stood
 * still. */
static void *observer_run(void *argument)
{
    struct probe *probe = argument;
    int fd = schedstat_open(getpid(), (int)syscall(SYS_gettid));
    become_realtime();
    uint64_t delay = schedstat_run_delay_ns(fd);
    while (!atomic_load(&probe->done)) {
        uint64_t due = now_ns() + OBSERVER_STEP_NS;
        sleep_until_ns(due);
        uint64_t woke = now_ns();
        if (woke - due < GAP_MIN_NS) continue;
        uint64_t delay_now = schedstat_run_delay_ns(fd);
        probe->gaps =
            grow(probe->gaps, probe->gaps_count, &probe->gaps_capacity, sizeof(struct gap));
        probe->gaps[probe->gaps_count++] =
            (struct gap){.start_ns = due, .end_ns = woke, .run_delay_ns = delay_now - delay};
        delay = delay_now;
    }
    close(fd);
    return NULL;
}

static uint64_t pacer_key(struct probe *probe, uint64_t turn)
{
    uint64_t keys =
        probe->options.insert_keys ? atomic_load(&probe->inserted) : probe->options.known_keys;
    return keys ? scatter(turn % keys, keys) : turn;
}

static bool pacer_is_done(struct probe *probe, uint64_t start_ns)
{
    if (probe->options.insert_keys)
        return atomic_load(&probe->inserted) >= probe->options.insert_keys;
    return now_ns() - start_ns > (uint64_t)(probe->options.seconds * (double)NS_PER_SECOND);
}

static void pacer_run(struct probe *probe)
{
    char request[VALUE_BYTES_MAX + 64];
    int fd = server_connect(&probe->options);
    int server_stat = schedstat_open(probe->options.server_pid, probe->options.data_tid);
    int pacer_stat = schedstat_open(getpid(), (int)syscall(SYS_gettid));
    uint64_t interval = NS_PER_SECOND / probe->options.rate, start = now_ns(), due = start;
    probe->is_realtime = become_realtime();
    for (uint64_t turn = 0; !pacer_is_done(probe, start); turn++) {
        size_t size = compose_set(probe, pacer_key(probe, turn), request, sizeof(request));
        sleep_until_ns(due);
        uint64_t server_delay = schedstat_run_delay_ns(server_stat);
        uint64_t pacer_delay = schedstat_run_delay_ns(pacer_stat);
        uint64_t sent = now_ns();
        write_all(fd, request, size);
        read_replies(fd, 1);
        uint64_t got = now_ns();
        probe->samples = grow(probe->samples, probe->samples_count, &probe->samples_capacity,
                              sizeof(struct sample));
        probe->samples[probe->samples_count++] =
            (struct sample){.at_ns = sent,
                            .reply_ns = got - sent,
                            .server_delay_ns = schedstat_run_delay_ns(server_stat) - server_delay,
                            .pacer_delay_ns = schedstat_run_delay_ns(pacer_stat) - pacer_delay};
        due += interval;
        if (due < got) due = got;
    }
    atomic_store(&probe->done, true);
    close(fd);
    close(server_stat);
    close(pacer_stat);
}

/* Analysis */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void sample_judge(struct sample *sample, const struct probe *probe)
{
    uint64_t end = sample->at_ns + sample->reply_ns;
    for (size_t i = 0; i < probe->gaps_count; i++) {
        const struct gap *gap = &probe->gaps[i];
        if (gap->end_ns <= sample->at_ns || gap->start_ns >= end) continue;
        uint64_t start = gap->start_ns > sample->at_ns ? gap->start_ns : sample->at_ns;
        uint64_t overlap = min_u64(gap->end_ns, end) - start;
        uint64_t explained = min_u64(gap->run_delay_ns, gap->end_ns - gap->start_ns);
        sample->machine_gap_ns += min_u64(overlap, gap->end_ns - gap->start_ns - explained);
    }
    uint64_t excused = sample->server_delay_ns + sample->pacer_delay_ns + sample->machine_gap_ns;
    sample->attributable_ns = sample->reply_ns - min_u64(sample->reply_ns, excused);
}

static int by_reply(const void *a, const void *b)
{
    uint64_t left = ((const struct sample *)a)->reply_ns,
             right = ((const struct sample *)b)->reply_ns;
    return left < right ? -1 : left > right;
}

static int by_attributable(const void *a, const void *b)
{
    uint64_t left = ((const struct sample *)a)->attributable_ns;
    uint64_t right = ((const struct sample *)b)->attributable_ns;
    return left < right ? -1 : left > right;
}

static double percentile_us(const struct probe *probe, double share, bool attributable)
{
    size_t at = (size_t)(share * (double)(probe->samples_count - 1));
    const struct sample *sample = &probe->samples[at];
    return (double)(attributable ? sample->attributable_ns : sample->reply_ns) / 1e3;
}

static void print_distribution(struct probe *probe, const char *name, bool attributable)
{
    qsort(probe->samples, probe->samples_count, sizeof(*probe->samples),
          attributable ? by_attributable : by_reply);
    printf("\"%s_us\": {\"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"p99.99\": %.1f, \"max\": "
           "%.1f},\n",
           name, percentile_us(probe, 0.5, attributable), percentile_us(probe, 0.99, attributable),
           percentile_us(probe, 0.999, attributable), percentile_us(probe, 0.9999, attributable),
           percentile_us(probe, 1.0, attributable));
}

static void print_worst(const struct probe *probe, uint64_t start_ns)
{
    size_t count = probe->samples_count < WORST_KEPT ? probe->samples_count : WORST_KEPT;
    printf("\"worst\": [\n");
    for (size_t i = 0; i < count; i++) {
        const struct sample *sample = &probe->samples[probe->samples_count - 1 - i];
        printf("  {\"at_s\": %.3f, \"reply_us\": %.1f, \"server_run_delay_us\": %.1f, "
               "\"pacer_run_delay_us\": %.1f, \"machine_gap_us\": %.1f, \"attributable_us\": "
               "%.1f}%s\n",
               (double)(sample->at_ns - start_ns) / 1e9, (double)sample->reply_ns / 1e3,
               (double)sample->server_delay_ns / 1e3, (double)sample->pacer_delay_ns / 1e3,
               (double)sample->machine_gap_ns / 1e3, (double)sample->attributable_ns / 1e3,
               i + 1 < count ? "," : "");
    }
    printf("],\n");
}

static void report(struct probe *probe, uint64_t start_ns)
{
    uint64_t longest_gap = 0;
    for (size_t i = 0; i < probe->gaps_count; i++) {
        uint64_t gap = probe->gaps[i].end_ns - probe->gaps[i].start_ns;
        longest_gap = gap > longest_gap ? gap : longest_gap;
    }
    for (size_t i = 0; i < probe->samples_count; i++) sample_judge(&probe->samples[i], probe);
    printf("{\n\"samples\": %zu,\n\"seconds\": %.2f,\n\"inserted\": %" PRIu64 ",\n",
           probe->samples_count, (double)(now_ns() - start_ns) / 1e9,
           (uint64_t)atomic_load(&probe->inserted));
    print_distribution(probe, "reply", false);
    print_distribution(probe, "attributable", true);
    print_worst(probe, start_ns);
    printf("\"machine_gaps\": %zu,\n\"longest_machine_gap_us\": %.1f,\n\"realtime\": %s\n}\n",
           probe->gaps_count, (double)longest_gap / 1e3, probe->is_realtime ? "true" : "false");
}

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},     {"server-pid", required_argument, NULL, 's'},
    {"data-tid", required_argument, NULL, 't'}, {"rate", required_argument, NULL, 'r'},
    {"insert", required_argument, NULL, 'i'},   {"keys", required_argument, NULL, 'k'},
    {"seconds", required_argument, NULL, 'd'},  {"value-bytes", required_argument, NULL, 'v'},
    {"socket", required_argument, NULL, 'u'},   {NULL, 0, NULL, 0},
};

static struct options parse_options(int argc, char **argv)
{
    struct options options = {.seconds = 10, .value_bytes = 32};
    for (int letter; (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        switch (letter) {
        case 'p':
            options.port = atoi(optarg);
            break;
        case 's':
            options.server_pid = atoi(optarg);
            break;
        case 't':
            options.data_tid = atoi(optarg);
            break;
        case 'u':
            options.socket_path = optarg;
            break;
        case 'r':
            options.rate = strtoull(optarg, NULL, 10);
            break;
        case 'i':
            options.insert_keys = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            options.known_keys = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            options.seconds = atof(optarg);
            break;
        case 'v':
            options.value_bytes = atoi(optarg);
            break;
        default:
            exit(2);
        }
    }
    if ((!options.port && !options.socket_path) || options.value_bytes < 0 ||
        options.value_bytes > VALUE_BYTES_MAX) {
        fprintf(stderr, "usage: stall_probe --port N | --socket PATH --server-pid N [--data-tid N] "
                        "[--rate PER_SECOND]\n"
                        "       [--insert KEYS | --keys KNOWN --seconds S] [--value-bytes N]\n");
        exit(2);
    }
    if (!options.data_tid) options.data_tid = options.server_pid;
    return options;
}

/* With --rate 0 nothing is measured: it only inserts, which is how the benchmarks fill a
 * keyspace. */
int main(int argc, char **argv)
{
    struct probe probe = {.options = parse_options(argc, argv)};
    pthread_t inserter = 0, observer = 0;
    memset(probe.value, 'v', (size_t)probe.options.value_bytes);
    uint64_t start = now_ns();
    if (probe.options.insert_keys && pthread_create(&inserter, NULL, inserter_run, &probe))
        die("thread");
    if (probe.options.rate) {
        if (pthread_create(&observer, NULL, observer_run, &probe)) die("thread");
        pacer_run(&probe);
        pthread_join(observer, NULL);
    }
    if (probe.options.insert_keys) pthread_join(inserter, NULL);
    if (probe.samples_count) report(&probe, start);
    free(probe.samples);
    free(probe.gaps);
    return 0;
}
