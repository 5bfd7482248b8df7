#include "check/aof_check.h"

#include "base/mem.h"
#include "disk/aof_tail.h"
#include "disk/loader.h"
#include "io/file.h"
#include "journal/aof_scan.h"
#include "journal/manifest.h"

#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20, MANIFEST_MAX = 1 << 20, DATABASES = 1 << 14, SHOW_EVERY = 64 << 20 };

/* One file being read. */
struct reading {
    const char *path;
    int fd;
    int64_t size, base, shown;
    int64_t to_time_s, time_cut; /* where what is later begins; -1: not found */
    struct buf bytes;
    struct aof_piece piece;
    struct aof_scan scan;
    uint64_t lines, unit_lines; /* taken so far, and up to the end of the last whole unit */
    bool is_damaged;
    bool has_zeros; /* from the place of the damage on: a power cut does that, it is torn only */
};

static void show(struct reading *reading)
{
    if (reading->scan.at - reading->shown < SHOW_EVERY || !isatty(STDERR_FILENO)) return;
    reading->shown = reading->scan.at;
    fprintf(stderr, "\r%s: %3.0f%%\r", reading->path,
            100.0 * (double)reading->scan.at / (double)MAX(reading->size, 1));
}

/* Notes where the first line stands that says a later time. */
static void look_at_time(struct reading *reading, int64_t before)
{
    bool is_later = reading->to_time_s >= 0 && reading->scan.time_s > reading->to_time_s;
    if (is_later && reading->time_cut < 0) reading->time_cut = before;
}

/* As if each argument were one line: editors agree where data have none inside. */
static void count_lines(struct reading *reading, enum aof_verdict verdict)
{
    if (verdict == AOF_REQUEST) reading->lines += 1 + 2 * reading->piece.argc;
    if (verdict == AOF_LINE) reading->lines++;
    if (reading->scan.unit_end == reading->scan.at) reading->unit_lines = reading->lines;
}

static enum aof_verdict take_pieces(struct reading *reading)
{
    struct aof_scan *scan = &reading->scan;
    enum aof_verdict verdict;
    do {
        int64_t before = scan->at;
        struct str rest = str_from(buf_str(&reading->bytes), (size_t)(before - reading->base));
        verdict = aof_parse(&reading->piece, rest);
        verdict = aof_scan_step(scan, verdict, &reading->piece, rest.ptr);
        if (verdict == AOF_LINE) look_at_time(reading, before);
        count_lines(reading, verdict);
    } while (verdict == AOF_REQUEST || verdict == AOF_LINE);
    return verdict;
}

static bool read_pieces(struct reading *reading)
{
    enum aof_verdict verdict = AOF_SHORT;
    ssize_t len = 1;
    while (verdict == AOF_SHORT && len > 0) {
        buf_consume(&reading->bytes, (size_t)(reading->scan.at - reading->base));
        reading->base = reading->scan.at;
        size_t room = MAX((size_t)READ_BYTES, reading->bytes.len);
        char *to = buf_reserve(&reading->bytes, room);
        int64_t end = reading->base + (int64_t)reading->bytes.len;
        len = file_read_at(reading->fd, to, room, end);
        if (len > 0) reading->bytes.len += (size_t)len;
        verdict = take_pieces(reading);
        show(reading);
    }
    bool is_wrong = verdict == AOF_DAMAGED;
    reading->has_zeros = is_wrong && aof_ends_in_zeros(reading->fd, reading->scan.damage_at);
    reading->is_damaged = is_wrong && !reading->has_zeros;
    if (len < 0) printf("Cannot read %s: %s\n", reading->path, strerror((int)-len));
    return len >= 0;
}

/* --- the snapshot in front --- */

static bool is_snapshot(int fd)
{
    char magic[5];
    return file_read_at(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
           memcmp(magic, "REDIS", sizeof(magic)) == 0;
}

static bool check_snapshot(const char *path, int fd, int64_t *len)
{
    struct store *store = store_new(DATABASES, (struct hash_seed){1, 2});
    struct rdb_input input = load_input_of_fd(&fd);
    struct rdb_read_options options = {.now_ms = 0};
    struct rdb_read_result result = {0};
    bool done = rdb_read_file(&input, store, &options, &result);
    if (done) {
        printf("%s: a snapshot of %llu keys in %llu bytes is whole\n", path,
               (unsigned long long)result.keys, (unsigned long long)result.bytes);
    } else {
        printf("%s: the snapshot is damaged at offset %llu: %s\n", path,
               (unsigned long long)result.fault.offset, result.fault.reason);
    }
    *len = (int64_t)result.bytes;
    buf_deinit(&result.rest);
    store_free(store);
    return done;
}

/* --- cutting --- */

static bool user_agrees(const struct reading *reading, int64_t at)
{
    char answer[8] = "";
    printf("This will shrink %s from %lld bytes, with %lld bytes, to %lld bytes\n", reading->path,
           (long long)reading->size, (long long)(reading->size - at), (long long)at);
    printf("Continue? [y/N]: ");
    fflush(stdout);
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool cut(const struct reading *reading, int64_t at)
{
    int fd = file_open(reading->path, FILE_UPDATE);
    int error = fd < 0 ? fd : file_truncate(fd, at);
    if (fd >= 0 && error == 0) error = file_sync(fd);
    if (fd >= 0) file_close(fd);
    if (error)
        printf("Cannot cut %s: %s\n", reading->path, strerror(-error));
    else
        printf("Successfully truncated AOF %s to %lld bytes\n", reading->path, (long long)at);
    return error == 0;
}

/* --- one file --- */

static void report(const struct reading *reading)
{
    const struct aof_scan *scan = &reading->scan;
    printf("AOF analyzed: filename=%s, size=%lld, ok_up_to=%lld, ok_up_to_line=%llu, "
           "diff=%lld\n",
           reading->path, (long long)reading->size, (long long)scan->unit_end,
           (unsigned long long)reading->unit_lines + 1,
           (long long)(reading->size - scan->unit_end));
    printf("  %llu requests in %llu units, %llu checksum lines, %lld bytes behind the last one\n",
           (unsigned long long)scan->requests, (unsigned long long)scan->units,
           (unsigned long long)scan->sums, (long long)(reading->size - scan->sums_begin));
    if (scan->offset >= 0) {
        printf("  ends at offset %lld of history %s\n", (long long)scan->unit_offset,
               scan->id[0] ? scan->id : "(not told)");
    }
    if (reading->is_damaged) {
        printf("  damaged at offset %lld: %s\n", (long long)scan->damage_at, scan->damage);
    } else if (reading->has_zeros) {
        printf("  ends in zeros from offset %lld on, as after a power cut\n",
               (long long)scan->damage_at);
    } else if (scan->unit_end != reading->size) {
        printf("  ends inside a %s\n", scan->in_unit ? "transaction" : "request");
    }
}

static bool judge(const struct reading *reading, const struct aof_check_options *options,
                  bool is_last)
{
    bool is_whole = !reading->is_damaged && reading->scan.unit_end == reading->size;
    if (reading->time_cut >= 0 && !is_last) {
        printf("%s has writes later than that time, but it is not the last file: nothing was cut\n",
               reading->path);
        return false;
    }
    if (reading->time_cut >= 0) return cut(reading, reading->time_cut);
    if (is_whole) {
        printf("AOF %s is valid\n", reading->path);
        return true;
    }
    if (!options->fixes || !is_last) {
        printf("AOF %s is not valid. %s\n", reading->path,
               is_last ? "Use the --fix option to try fixing it."
                       : "Only the last file can be fixed.");
        return false;
    }
    int64_t at = reading->scan.unit_end;
    return user_agrees(reading, at) && cut(reading, at);
}

static bool check_open(struct reading *reading, const struct aof_check_options *options,
                       bool is_last)
{
    int64_t from = 0;
    bool is_named_so = str_ends_with(str_from_c(reading->path), STR(".rdb"));
    bool has_snapshot = is_named_so || is_snapshot(reading->fd);
    if (has_snapshot && !check_snapshot(reading->path, reading->fd, &from)) return false;
    aof_scan_init(&reading->scan, from);
    reading->base = from;
    if (from == reading->size && from > 0) return true;
    if (!read_pieces(reading)) return false;
    report(reading);
    return judge(reading, options, is_last);
}

static bool check_file(const char *path, const struct aof_check_options *options, bool is_last)
{
    struct file_info info;
    struct reading reading = {
        .path = path, .to_time_s = options->to_time_s, .time_cut = -1, .fd = -1};
    int error = file_info_unfollowed(path, &info);
    if (error == 0) reading.fd = file_open(path, FILE_READ);
    if (error || reading.fd < 0) {
        printf("Cannot open %s: %s\n", path, strerror(error ? -error : -reading.fd));
        return false;
    }
    reading.size = info.size_bytes;
    bool done = check_open(&reading, options, is_last);
    aof_piece_deinit(&reading.piece);
    buf_deinit(&reading.bytes);
    file_close(reading.fd);
    return done;
}

/* --- all files of a manifest --- */

static struct str directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? str_of(path, (size_t)(slash - path) + 1) : STR("");
}

static bool check_listed(const struct manifest *manifest, const char *path,
                         const struct aof_check_options *options)
{
    const struct manifest_file *file = NULL;
    bool done = true;
    while (done && (file = manifest_next_to_load(manifest, file))) {
        struct buf name = {0};
        buf_append_str(&name, directory_of(path));
        buf_append_c(&name, file->name);
        bool is_last = manifest_next_to_load(manifest, file) == NULL;
        done = check_file(buf_c(&name), options, is_last);
        buf_deinit(&name);
    }
    if (done) printf("All AOF files and manifest are valid\n");
    return done;
}

static bool check_manifest(const char *path, const struct aof_check_options *options)
{
    struct manifest manifest = {0};
    struct manifest_fault fault;
    struct buf text = {0};
    int error = file_read_all(path, MANIFEST_MAX, &text);
    bool done = error == 0 && manifest_parse(&manifest, buf_str(&text), &fault);
    if (error)
        printf("Cannot read %s: %s\n", path, strerror(-error));
    else if (!done)
        printf("%s is damaged: line %d: %s\n", path, fault.line, fault.reason);
    if (done) done = check_listed(&manifest, path, options);
    manifest_deinit(&manifest);
    buf_deinit(&text);
    return done;
}

bool aof_check(const char *path, const struct aof_check_options *options)
{
    bool is_manifest = str_ends_with(str_from_c(path), STR(".manifest"));
    return is_manifest ? check_manifest(path, options) : check_file(path, options, true);
}
