#include "journal/increment.h"

#include "base/crc64.h"

#include <sys/param.h>

enum { NUMBER_MAX = INT32_MAX };

void increment_init(struct increment *increment)
{
    *increment = (struct increment){.place = INCREMENT_BETWEEN, .offset = -1};
}

static void damaged(struct increment *increment, const char *damage)
{
    increment->damage = damage;
}

/* --- requests --- */

static void end_number(struct increment *increment)
{
    if (increment->place == INCREMENT_COUNT) {
        increment->args_left = increment->number;
        increment->place = INCREMENT_ARG;
        if (increment->number == 0) damaged(increment, "a request without arguments");
    } else {
        increment->bulk_left = increment->number + 2;
        increment->place = INCREMENT_BULK;
    }
}

static void take_digit(struct increment *increment, char byte)
{
    if (byte == '\r') return;
    if (byte == '\n') {
        end_number(increment);
        return;
    }
    if (byte < '0' || byte > '9') {
        damaged(increment, "a length that is no number");
        return;
    }
    increment->number = increment->number * 10 + (byte - '0');
    if (increment->number > NUMBER_MAX) damaged(increment, "a length that is too large");
}

static void begin_number(struct increment *increment, char byte, char mark,
                         enum increment_place place)
{
    if (byte != mark) {
        damaged(increment, "neither a request nor a line that begins with '#'");
        return;
    }
    increment->number = 0;
    increment->place = place;
}

static size_t take_bulk(struct increment *increment, size_t len)
{
    size_t taken = (size_t)MIN((int64_t)len, increment->bulk_left);
    increment->bulk_left -= (int64_t)taken;
    if (increment->bulk_left > 0) return taken;
    increment->place = --increment->args_left > 0 ? INCREMENT_ARG : INCREMENT_BETWEEN;
    return taken;
}

static size_t take_some(struct increment *increment, struct str bytes)
{
    switch (increment->place) {
    case INCREMENT_BETWEEN:
        begin_number(increment, *bytes.ptr, '*', INCREMENT_COUNT);
        return 1;
    case INCREMENT_ARG:
        begin_number(increment, *bytes.ptr, '$', INCREMENT_LEN);
        return 1;
    case INCREMENT_COUNT:
    case INCREMENT_LEN:
        take_digit(increment, *bytes.ptr);
        return 1;
    case INCREMENT_BULK:
        return take_bulk(increment, bytes.len);
    case INCREMENT_NOTE:
        break;
    }
    return 0;
}

/* As many requests as there are before a line that begins with '#'. */
static size_t take_requests(struct increment *increment, struct str bytes)
{
    size_t taken = 0;
    while (taken < bytes.len && !increment->damage) {
        struct str rest = str_from(bytes, taken);
        if (increment->place == INCREMENT_BETWEEN && *rest.ptr == '#') break;
        taken += take_some(increment, rest);
    }
    return taken;
}

static struct increment_step run_of(struct increment *increment, struct str bytes)
{
    struct increment_step step = {.event = INCREMENT_NOTHING, .taken = bytes.len};
    size_t skipped = (size_t)MIN((int64_t)bytes.len, increment->skip);
    increment->crc = crc64(increment->crc, bytes.ptr, bytes.len);
    increment->crc_len += (int64_t)bytes.len;
    increment->skip -= (int64_t)skipped;
    step.run = str_from(bytes, skipped);
    if (increment->offset < 0 || step.run.len == 0) return step;
    step.event = INCREMENT_RUN;
    step.run_offset = increment->offset;
    increment->offset += (int64_t)step.run.len;
    return step;
}

/* --- lines --- */

static enum increment_event begin_run(struct increment *increment, const struct annotation *said)
{
    increment->offset = said->offset;
    increment->skip = said->skip;
    memcpy(increment->id, said->id, sizeof(increment->id));
    return INCREMENT_START;
}

static enum increment_event check_sum(struct increment *increment, const struct annotation *said)
{
    bool fits = said->crc == increment->crc && said->len == increment->crc_len &&
                (increment->offset < 0 || said->offset == increment->offset);
    if (fits) return INCREMENT_PROVEN;
    damaged(increment, "a checksum does not fit");
    return INCREMENT_DAMAGED;
}

static void sum_note(struct increment *increment)
{
    increment->crc = crc64(increment->crc, increment->note, increment->note_len);
    increment->crc_len += (int64_t)increment->note_len;
}

static enum increment_event end_note(struct increment *increment)
{
    struct str line = str_of(increment->note, increment->note_len - 1);
    if (str_ends_with(line, STR("\r"))) line.len--;
    struct annotation said = annotation_parse(line);
    enum increment_event event = INCREMENT_NOTHING;
    switch (said.kind) {
    case ANNOTATION_START:
        event = begin_run(increment, &said);
        break;
    case ANNOTATION_SUM:
        event = check_sum(increment, &said);
        break;
    case ANNOTATION_OTHER:
    case ANNOTATION_PAST:
    case ANNOTATION_TIME:
        sum_note(increment);
        return INCREMENT_NOTHING;
    }
    increment->crc = 0;
    increment->crc_len = 0;
    return event;
}

static struct increment_step take_note(struct increment *increment, struct str bytes)
{
    struct increment_step step = {.event = INCREMENT_NOTHING};
    ptrdiff_t end = str_find_char(bytes, '\n');
    step.taken = end < 0 ? bytes.len : (size_t)end + 1;
    increment->place = INCREMENT_NOTE;
    if (step.taken > sizeof(increment->note) - increment->note_len) {
        damaged(increment, "a line that is too long");
        step.event = INCREMENT_DAMAGED;
        return step;
    }
    memcpy(increment->note + increment->note_len, bytes.ptr, step.taken);
    increment->note_len += step.taken;
    if (end < 0) return step;
    step.event = end_note(increment);
    increment->place = INCREMENT_BETWEEN;
    increment->note_len = 0;
    return step;
}

/* How many bytes of requests may be taken. */
static size_t room_before(const struct increment *increment, int64_t limit)
{
    if (increment->offset < 0) return SIZE_MAX;
    int64_t left = limit - increment->offset;
    return left > 0 || increment->skip > 0 ? (size_t)(MAX(left, 0) + increment->skip) : 0;
}

struct increment_step increment_step(struct increment *increment, struct str bytes, int64_t limit)
{
    struct increment_step step = {.event = INCREMENT_DAMAGED};
    if (increment->damage) return step;
    size_t room = room_before(increment, limit);
    if (room == 0) return (struct increment_step){.event = INCREMENT_NOTHING};
    bool is_note = increment->place == INCREMENT_NOTE ||
                   (increment->place == INCREMENT_BETWEEN && *bytes.ptr == '#');
    if (is_note) return take_note(increment, bytes);
    bytes = str_first(bytes, room);
    size_t taken = take_requests(increment, bytes);
    if (increment->damage) return step;
    return run_of(increment, str_first(bytes, taken));
}
