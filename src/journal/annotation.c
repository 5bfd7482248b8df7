#include "journal/annotation.h"

#include "base/num.h"

static const struct str OURS = STR_INIT("#SKEIN ");
static const struct str TIME = STR_INIT("#TS:");

void annotation_write(struct buf *out, const struct annotation *annotation)
{
    switch (annotation->kind) {
    case ANNOTATION_START:
        buf_printf(out, "#SKEIN start offset=%lld skip=%lld", (long long)annotation->offset,
                   (long long)annotation->skip);
        if (annotation->id[0]) buf_printf(out, " id=%s", annotation->id);
        break;
    case ANNOTATION_PAST:
        buf_printf(out, "#SKEIN past id=%s end=%lld", annotation->id,
                   (long long)annotation->offset);
        break;
    case ANNOTATION_SUM:
        buf_printf(out, "#SKEIN sum offset=%lld len=%lld crc=%016llx",
                   (long long)annotation->offset, (long long)annotation->len,
                   (unsigned long long)annotation->crc);
        break;
    case ANNOTATION_TIME:
        buf_printf(out, "#TS:%lld", (long long)annotation->time_s);
        break;
    case ANNOTATION_OTHER:
        buf_append_char(out, '#');
        break;
    }
    buf_append(out, "\r\n", 2);
}

static bool parse_crc(struct str text, uint64_t *crc)
{
    if (text.len != 16) return false;
    *crc = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_digit = c >= '0' && c <= '9', is_letter = c >= 'a' && c <= 'f';
        if (!is_digit && !is_letter) return false;
        *crc = *crc << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static bool parse_count(struct str text, int64_t *count)
{
    return num_parse_i64(text, count) && *count >= 0;
}

static bool parse_id(struct str text, char *id)
{
    if (text.len != REPLICATION_ID_LEN) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    memcpy(id, text.ptr, text.len);
    id[text.len] = 0;
    return true;
}

enum { HAS_OFFSET = 1, HAS_SKIP = 2, HAS_LEN = 4, HAS_CRC = 8, HAS_ID = 16, HAS_END = 32 };

/* One "name=value"; returns its bit, 0 when it is wrong or unknown. */
static unsigned parse_pair(struct annotation *annotation, struct str value)
{
    struct str name;
    if (!str_split(&value, '=', &name) || value.ptr == NULL) return 0;
    if (str_eq(name, STR("offset"))) {
        return parse_count(value, &annotation->offset) ? HAS_OFFSET : 0;
    }
    if (str_eq(name, STR("end"))) return parse_count(value, &annotation->offset) ? HAS_END : 0;
    if (str_eq(name, STR("skip"))) return parse_count(value, &annotation->skip) ? HAS_SKIP : 0;
    if (str_eq(name, STR("len"))) return parse_count(value, &annotation->len) ? HAS_LEN : 0;
    if (str_eq(name, STR("crc"))) return parse_crc(value, &annotation->crc) ? HAS_CRC : 0;
    if (str_eq(name, STR("id"))) return parse_id(value, annotation->id) ? HAS_ID : 0;
    return 0;
}

/* What a line of each kind says, and may say. */
static const struct kind {
    const char *name;
    enum annotation_kind kind;
    unsigned needed, allowed;
} kinds[] = {
    {"start", ANNOTATION_START, HAS_OFFSET | HAS_SKIP, HAS_OFFSET | HAS_SKIP | HAS_ID},
    {"past", ANNOTATION_PAST, HAS_ID | HAS_END, HAS_ID | HAS_END},
    {"sum", ANNOTATION_SUM, HAS_OFFSET | HAS_LEN | HAS_CRC, HAS_OFFSET | HAS_LEN | HAS_CRC},
};

static enum annotation_kind find_kind(struct str word, unsigned seen)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *kind = &kinds[i];
        if (!str_eq(word, str_from_c(kind->name))) continue;
        bool is_right = (seen & kind->needed) == kind->needed && (seen & ~kind->allowed) == 0;
        return is_right ? kind->kind : ANNOTATION_OTHER;
    }
    return ANNOTATION_OTHER;
}

static struct annotation parse_ours(struct str rest)
{
    struct annotation annotation = {0}, other = {0};
    struct str word, part;
    if (!str_split(&rest, ' ', &word)) return other;
    unsigned seen = 0;
    while (str_split(&rest, ' ', &part)) {
        unsigned bit = parse_pair(&annotation, part);
        if (bit == 0 || (seen & bit)) return other;
        seen |= bit;
    }
    annotation.kind = find_kind(word, seen);
    return annotation.kind == ANNOTATION_OTHER ? other : annotation;
}

struct annotation annotation_parse(struct str line)
{
    struct annotation annotation = {0};
    if (str_starts_with(line, OURS)) return parse_ours(str_from(line, OURS.len));
    if (!str_starts_with(line, TIME)) return annotation;
    if (parse_count(str_from(line, TIME.len), &annotation.time_s)) {
        annotation.kind = ANNOTATION_TIME;
    }
    return annotation;
}
