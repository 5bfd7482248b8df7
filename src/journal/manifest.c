#include "journal/manifest.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/offset.h"
#include "base/words.h"

#include <sys/param.h>

enum { MAX_LINE = 4096, MAX_NAME = 255 };

/* The words of Redis for a list it refuses; whoever watches logs looks for them. */
#define FORMAT "Invalid AOF manifest file format"

void manifest_deinit(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++) mem_free(manifest->files[i].name);
    mem_free(manifest->files);
    *manifest = (struct manifest){0};
}

/* --- files --- */

/* Base, then history, then increments. */
static int place_of(enum manifest_type type)
{
    switch (type) {
    case MANIFEST_BASE:
        return 0;
    case MANIFEST_HISTORY:
        return 1;
    case MANIFEST_INCREMENT:
        break;
    }
    return 2;
}

static struct manifest_file *insert(struct manifest *manifest, struct manifest_file file)
{
    if (manifest->count == manifest->capacity) {
        manifest->capacity = MAX((size_t)4, manifest->capacity * 2);
        manifest->files =
            mem_realloc(manifest->files, manifest->capacity * sizeof(struct manifest_file));
    }
    size_t at = manifest->count;
    while (at > 0 && place_of(manifest->files[at - 1].type) > place_of(file.type)) at--;
    memmove(&manifest->files[at + 1], &manifest->files[at],
            (manifest->count - at) * sizeof(struct manifest_file));
    manifest->files[at] = file;
    manifest->count++;
    return &manifest->files[at];
}

struct manifest_file *manifest_add(struct manifest *manifest, enum manifest_type type,
                                   struct str name, int64_t seq)
{
    struct manifest_file file = {
        .name = mem_strndup(name.ptr, name.len), .seq = seq, .type = type, .start = -1, .end = -1};
    return insert(manifest, file);
}

void manifest_remove(struct manifest *manifest, const struct manifest_file *file)
{
    size_t at = (size_t)(file - manifest->files);
    mem_free(manifest->files[at].name);
    manifest->count--;
    memmove(&manifest->files[at], &manifest->files[at + 1],
            (manifest->count - at) * sizeof(struct manifest_file));
}

void manifest_copy(struct manifest *to, const struct manifest *from)
{
    *to = (struct manifest){0};
    for (size_t i = 0; i < from->count; i++) {
        struct manifest_file file = from->files[i];
        file.name = mem_strdup(file.name);
        insert(to, file);
    }
}

struct manifest_file *manifest_base(const struct manifest *manifest)
{
    bool is_there = manifest->count > 0 && manifest->files[0].type == MANIFEST_BASE;
    return is_there ? &manifest->files[0] : NULL;
}

struct manifest_file *manifest_last_increment(const struct manifest *manifest)
{
    struct manifest_file *last = manifest->count > 0 ? &manifest->files[manifest->count - 1] : NULL;
    return last && last->type == MANIFEST_INCREMENT ? last : NULL;
}

struct manifest_file *manifest_next_to_load(const struct manifest *manifest,
                                            const struct manifest_file *after)
{
    size_t at = after ? (size_t)(after - manifest->files) + 1 : 0;
    while (at < manifest->count && manifest->files[at].type == MANIFEST_HISTORY) at++;
    return at < manifest->count ? &manifest->files[at] : NULL;
}

/* Increments that became history have used up their numbers too. */
int64_t manifest_next_seq(const struct manifest *manifest, enum manifest_type type)
{
    int64_t highest = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_file *file = &manifest->files[i];
        if (file->type == type || file->type == MANIFEST_HISTORY) {
            highest = MAX(highest, file->seq);
        }
    }
    return highest + 1;
}

static bool is_retired_by(const struct manifest_file *file, int64_t first_kept)
{
    if (file->type == MANIFEST_BASE) return true;
    return file->type == MANIFEST_INCREMENT && file->seq < first_kept;
}

void manifest_retire(struct manifest *manifest, int64_t first_kept)
{
    struct manifest sorted = {0};
    for (size_t i = 0; i < manifest->count; i++) {
        struct manifest_file file = manifest->files[i];
        if (is_retired_by(&file, first_kept)) file.type = MANIFEST_HISTORY;
        insert(&sorted, file);
    }
    mem_free(manifest->files);
    *manifest = sorted;
}

void manifest_name(struct buf *out, struct str prefix, int64_t seq, const char *suffix)
{
    buf_append_str(out, prefix);
    buf_printf(out, ".%lld.%s", (long long)seq, suffix);
}

/* --- text --- */

static bool needs_quotes(const char *name)
{
    if (*name == 0) return true;
    for (; *name; name++) {
        if (*name <= ' ' || *name > '~' || strchr("\\\"'", *name)) return true;
    }
    return false;
}

static void write_name(struct buf *out, const char *name)
{
    if (needs_quotes(name))
        buf_append_quoted(out, str_from_c(name));
    else
        buf_append_c(out, name);
}

void manifest_write(const struct manifest *manifest, struct buf *out)
{
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_file *file = &manifest->files[i];
        buf_append_c(out, "file ");
        write_name(out, file->name);
        buf_printf(out, " seq %lld type %c", (long long)file->seq, (char)file->type);
        if (file->start >= 0) buf_printf(out, " startoffset %lld", (long long)file->start);
        if (file->end >= 0) buf_printf(out, " endoffset %lld", (long long)file->end);
        if (file->replication_id[0]) buf_printf(out, " replid %s", file->replication_id);
        buf_append_char(out, '\n');
    }
}

static bool is_plain_name(struct str name)
{
    bool is_dots = str_eq(name, STR(".")) || str_eq(name, STR(".."));
    return name.len > 0 && name.len <= MAX_NAME && !is_dots && str_find_char(name, '/') < 0 &&
           str_find_char(name, 0) < 0;
}

static const char *read_name(struct manifest_file *file, struct str value)
{
    if (file->name) return FORMAT ": the name is given twice";
    if (!is_plain_name(value)) return "a file is named without its directory";
    file->name = mem_strndup(value.ptr, value.len);
    return NULL;
}

static const char *read_seq(struct manifest_file *file, struct str value)
{
    bool is_good = num_parse_i64(value, &file->seq) && file->seq > 0 && file->seq < INT64_MAX;
    return is_good ? NULL : "the number of the file is wrong";
}

static const char *read_type(struct manifest_file *file, struct str value)
{
    if (value.len != 1 || !strchr("bhi", value.ptr[0])) return "Unknown AOF file type";
    file->type = (enum manifest_type)value.ptr[0];
    return NULL;
}

static bool read_offset(struct str value, int64_t *offset)
{
    return num_parse_i64(value, offset) && *offset >= 0 && *offset <= OFFSET_MAX;
}

static const char *read_start(struct manifest_file *file, struct str value)
{
    return read_offset(value, &file->start) ? NULL : "the start offset is wrong";
}

static const char *read_end(struct manifest_file *file, struct str value)
{
    return read_offset(value, &file->end) ? NULL : "the end offset is wrong";
}

static const char *read_id(struct manifest_file *file, struct str value)
{
    if (value.len != REPLICATION_ID_LEN) return "the replication id is wrong";
    for (size_t i = 0; i < value.len; i++) {
        if (!strchr("0123456789abcdef", value.ptr[i]) || value.ptr[i] == 0) {
            return "the replication id is wrong";
        }
    }
    memcpy(file->replication_id, value.ptr, value.len);
    return NULL;
}

static const struct key {
    const char *name;
    const char *(*read)(struct manifest_file *file, struct str value);
} keys[] = {
    {"file", read_name},         {"seq", read_seq},       {"type", read_type},
    {"startoffset", read_start}, {"endoffset", read_end}, {"replid", read_id},
};

static const char *read_pair(struct manifest_file *file, struct str name, struct str value)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_is(name, keys[i].name)) return keys[i].read(file, value);
    }
    return NULL;
}

static const char *read_words(struct manifest_file *file, const struct words *words)
{
    if (words->count < 6 || words->count % 2)
        return FORMAT ": a line is pairs of a name and a value";
    for (size_t i = 0; i < words->count; i += 2) {
        const char *reason = read_pair(file, words->list[i], words->list[i + 1]);
        if (reason) return reason;
    }
    if (!file->name || file->seq == 0 || file->type == 0) {
        return FORMAT ": a line gives a name, a number and a type";
    }
    return NULL;
}

/* Files must be in an order in which no name and no number comes twice. */
static const char *place(struct manifest *manifest, struct manifest_file *file)
{
    for (size_t i = 0; i < manifest->count; i++) {
        if (strcmp(manifest->files[i].name, file->name) == 0) return "a file is named twice";
    }
    if (file->type == MANIFEST_BASE && manifest_base(manifest))
        return "Found duplicate base file information";
    const struct manifest_file *last = manifest_last_increment(manifest);
    if (file->type == MANIFEST_INCREMENT && last && file->seq <= last->seq) {
        return "Found a non-monotonic sequence number: those of increments grow";
    }
    insert(manifest, *file);
    file->name = NULL;
    return NULL;
}

static const char *read_line(struct manifest *manifest, struct words *words, struct str line)
{
    if (line.len > MAX_LINE) return "The AOF manifest file contains too long line";
    if (str_starts_with(line, STR("#"))) return NULL;
    if (str_find_char(line, 0) >= 0) return FORMAT ": the line is no text";
    if (!words_split(words, str_trim(line))) return FORMAT ": quotes do not match";
    struct manifest_file file = {.start = -1, .end = -1};
    const char *reason = read_words(&file, words);
    if (!reason) reason = place(manifest, &file);
    mem_free(file.name);
    return reason;
}

bool manifest_parse(struct manifest *manifest, struct str text, struct manifest_fault *fault)
{
    struct words words = {0};
    struct str line;
    *fault = (struct manifest_fault){0};
    manifest_deinit(manifest);
    bool is_ended = str_ends_with(text, STR("\n"));
    if (is_ended) text.len--;
    if (text.len == 0) *fault = (struct manifest_fault){1, "Found an empty AOF manifest"};
    while (!fault->reason && str_split(&text, '\n', &line)) {
        fault->line++;
        fault->reason = read_line(manifest, &words, line);
    }
    if (!fault->reason && manifest->count == 0) fault->reason = "Found an empty AOF manifest";
    if (!fault->reason && !is_ended) fault->reason = FORMAT ": the last line has no end";
    words_deinit(&words);
    if (fault->reason) manifest_deinit(manifest);
    return !fault->reason;
}
