#include "journal/aof_scan.h"

#include "base/crc64.h"

#include <stdio.h>
#include <sys/param.h>

void aof_scan_init(struct aof_scan *scan, int64_t at)
{
    *scan = (struct aof_scan){.at = at,
                              .unit_end = at,
                              .sums_begin = at,
                              .offset = -1,
                              .unit_offset = -1,
                              .first_time_s = -1,
                              .time_s = -1};
}

static enum aof_verdict refuse(struct aof_scan *scan, int64_t at, const char *damage)
{
    snprintf(scan->damage, sizeof(scan->damage), "%s", damage);
    scan->damage_at = at;
    return AOF_DAMAGED;
}

/* The bytes that the file and the checksum go on by; those of a SELECT of the file's own are not
 * of the stream. */
static void advance(struct aof_scan *scan, const struct aof_piece *piece, const char *bytes)
{
    scan->crc = crc64(scan->crc, bytes, piece->len);
    scan->at += (int64_t)piece->len;
    int64_t skipped = MIN(scan->skip, (int64_t)piece->len);
    scan->skip -= skipped;
    if (scan->offset >= 0) scan->offset += (int64_t)piece->len - skipped;
}

static void end_unit(struct aof_scan *scan)
{
    scan->in_unit = false;
    scan->units++;
    scan->unit_end = scan->at;
    scan->unit_offset = scan->offset;
}

static enum aof_verdict take_request(struct aof_scan *scan, const struct aof_piece *piece,
                                     const char *bytes)
{
    bool is_multi = str_is(piece->args[0], "multi"), is_exec = str_is(piece->args[0], "exec");
    if (is_multi && scan->in_unit) return refuse(scan, scan->at, "MULTI inside MULTI");
    if (is_exec && !scan->in_unit) return refuse(scan, scan->at, "EXEC without MULTI");
    if (is_multi) {
        scan->in_unit = true;
        scan->unit_at = scan->at;
    }
    advance(scan, piece, bytes);
    scan->requests++;
    if (!scan->in_unit || is_exec) end_unit(scan);
    return AOF_REQUEST;
}

static void begin_sum(struct aof_scan *scan)
{
    scan->sums_begin = scan->at;
    scan->crc = 0;
}

static enum aof_verdict check_sum(struct aof_scan *scan, const struct annotation *sum)
{
    int64_t len = scan->at - scan->sums_begin;
    if (sum->len != len || sum->crc != scan->crc) {
        snprintf(scan->damage, sizeof(scan->damage),
                 "the checksum of the bytes %lld to %lld does not fit", (long long)scan->sums_begin,
                 (long long)scan->at);
        scan->damage_at = scan->sums_begin;
        return AOF_DAMAGED;
    }
    if (scan->offset >= 0 && sum->offset != scan->offset) {
        return refuse(scan, scan->at, "the offset does not fit the bytes before it");
    }
    scan->offset = sum->offset;
    scan->sums++;
    return AOF_LINE;
}

static void note_time(struct aof_scan *scan, int64_t time_s)
{
    if (scan->first_time_s < 0) scan->first_time_s = time_s;
    scan->time_s = time_s;
}

static void start_stream(struct aof_scan *scan, const struct annotation *start)
{
    scan->offset = start->offset;
    scan->skip = start->skip;
    memcpy(scan->id, start->id, sizeof(scan->id));
    scan->ancestor_count = 0;
}

static void note_ancestor(struct aof_scan *scan, const struct annotation *past)
{
    if (scan->ancestor_count == AOF_ANCESTORS) return;
    struct aof_ancestor *ancestor = &scan->ancestors[scan->ancestor_count++];
    ancestor->end = past->offset;
    memcpy(ancestor->id, past->id, sizeof(ancestor->id));
}

static enum aof_verdict take_line(struct aof_scan *scan, const struct aof_piece *piece,
                                  const char *bytes)
{
    struct annotation annotation = annotation_parse(piece->line);
    bool is_start = annotation.kind == ANNOTATION_START;
    bool is_ours = is_start || annotation.kind == ANNOTATION_SUM;
    if (annotation.kind == ANNOTATION_SUM && check_sum(scan, &annotation) == AOF_DAMAGED) {
        return AOF_DAMAGED;
    }
    if (is_start && scan->offset >= 0 && annotation.offset != scan->offset) {
        return refuse(scan, scan->at, "the stream goes on at another offset than it ended at");
    }
    scan->crc = crc64(scan->crc, bytes, piece->len);
    scan->at += (int64_t)piece->len;
    if (is_start) start_stream(scan, &annotation);
    if (annotation.kind == ANNOTATION_PAST) note_ancestor(scan, &annotation);
    if (annotation.kind == ANNOTATION_TIME) note_time(scan, annotation.time_s);
    if (is_ours) begin_sum(scan);
    if (!scan->in_unit) {
        scan->unit_end = scan->at;
        scan->unit_offset = scan->offset;
    }
    return AOF_LINE;
}

enum aof_verdict aof_scan_step(struct aof_scan *scan, enum aof_verdict verdict,
                               const struct aof_piece *piece, const char *bytes)
{
    switch (verdict) {
    case AOF_REQUEST:
        return take_request(scan, piece, bytes);
    case AOF_LINE:
        return take_line(scan, piece, bytes);
    case AOF_SHORT:
        return AOF_SHORT;
    case AOF_DAMAGED:
        break;
    }
    return refuse(scan, scan->at + (int64_t)piece->damage_at, piece->damage);
}
