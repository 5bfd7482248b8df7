#include "base/mem.h"
#include "command/bitmap.h"
#include "command/bitmap_bits.h"
#include "command/lookup.h"
#include "command/string.h"

enum field_verb { FIELD_GET, FIELD_SET, FIELD_INCRBY };
enum field_overflow { OVERFLOW_WRAP, OVERFLOW_SAT, OVERFLOW_FAIL };

/* One operation of BITFIELD on an integer of `width` bits. */
struct field {
    enum field_verb verb;
    enum field_overflow overflow;
    bool is_signed;
    unsigned width;
    uint64_t offset;
    int64_t operand;
};

struct fields {
    struct field *list;
    size_t count;
    bool writes;
    uint64_t bits_needed; /* by those that write */
};

static bool parse_overflow(struct call *call, int at, enum field_overflow *overflow)
{
    static const char *const names[] = {"WRAP", "SAT", "FAIL"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!call_is(call, at, names[i])) continue;
        *overflow = (enum field_overflow)i;
        return true;
    }
    reply_error(call->reply, "ERR Invalid OVERFLOW type specified");
    return false;
}

static bool parse_type(struct call *call, int at, struct field *field)
{
    struct str text = call_arg(call, at);
    int64_t width = 0;
    field->is_signed = text.len > 0 && text.ptr[0] == 'i';
    bool is_type = field->is_signed || (text.len > 0 && text.ptr[0] == 'u');
    if (!is_type || !num_parse_i64(str_from(text, 1), &width) || width < 1 ||
        width > (field->is_signed ? 64 : 63)) {
        reply_error(call->reply, "ERR Invalid bitfield type. Use something like i16 u8. Note that "
                                 "u64 is not supported but i64 is.");
        return false;
    }
    field->width = (unsigned)width;
    return true;
}

static bool parse_verb(struct call *call, int at, struct field *field)
{
    static const struct {
        const char *word;
        enum field_verb verb;
        int args;
    } verbs[] = {{"GET", FIELD_GET, 2}, {"SET", FIELD_SET, 3}, {"INCRBY", FIELD_INCRBY, 3}};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        field->verb = verbs[i].verb;
        if (call_is(call, at, verbs[i].word) && at + verbs[i].args < call->argc) return true;
    }
    call_syntax_error(call);
    return false;
}

/* Reads the operation at *at and moves on behind it. */
static bool parse_field(struct call *call, int *at, struct field *field)
{
    if (!parse_verb(call, *at, field) || !parse_type(call, *at + 1, field) ||
        !bitmap_offset(call, *at + 2, field->width, &field->offset)) {
        return false;
    }
    if (field->verb != FIELD_GET && !call_i64(call, *at + 3, &field->operand)) return false;
    *at += field->verb == FIELD_GET ? 3 : 4;
    return true;
}

static bool parse_fields(struct call *call, struct fields *fields)
{
    enum field_overflow overflow = OVERFLOW_WRAP;
    for (int at = 2; at < call->argc;) {
        if (call_is(call, at, "OVERFLOW") && at + 1 < call->argc) {
            if (!parse_overflow(call, at + 1, &overflow)) return false;
            at += 2;
            continue;
        }
        struct field *field = &fields->list[fields->count];
        if (!parse_field(call, &at, field)) return false;
        field->overflow = overflow;
        fields->count++;
        if (field->verb == FIELD_GET) continue;
        fields->writes = true;
        uint64_t end = field->offset + field->width;
        if (end > fields->bits_needed) fields->bits_needed = end;
    }
    return true;
}

/* Wide enough for the sum of any field and any operand. */
static __int128 field_extend(const struct field *field, uint64_t raw)
{
    if (!field->is_signed) return raw;
    return (int64_t)(raw << (64 - field->width)) >> (64 - field->width);
}

/* SET of a number so low that its distance to the highest one has no place in 64 bits saturates at
 * the wrong end in Redis. Its replicas would hold other bits than we if we did not follow. */
static bool saturates_low(const struct field *field, __int128 number, __int128 low, __int128 high)
{
    return number < low && (field->verb != FIELD_SET || high - number <= INT64_MAX);
}

/* Brings a number into the range of the field; false when OVERFLOW FAIL refuses it. */
static bool field_fit(const struct field *field, __int128 *number)
{
    __int128 span = (__int128)1 << field->width;
    __int128 low = field->is_signed ? -span / 2 : 0, high = low + span - 1;
    if (*number >= low && *number <= high) return true;
    switch (field->overflow) {
    case OVERFLOW_FAIL:
        return false;
    case OVERFLOW_SAT:
        *number = saturates_low(field, *number, low, high) ? low : high;
        break;
    case OVERFLOW_WRAP:
        *number = field_extend(field, (uint64_t)(*number & (span - 1)));
        break;
    }
    return true;
}

/* SET of an unsigned field takes a negative number as the big one that has its bits. */
static __int128 field_operand(const struct field *field)
{
    return field->is_signed ? field->operand : (__int128)(uint64_t)field->operand;
}

/* A string while the fields in it are worked on. */
struct target {
    char *bytes;
    size_t len;
    bool wrote;   /* an operation wrote, maybe what was there already */
    bool changed; /* one wrote something else */
};

static void field_read(struct call *call, const struct field *field, struct str bytes)
{
    uint64_t raw = bits_load(bytes, field->offset, field->width);
    reply_i64(call->reply, (int64_t)field_extend(field, raw));
}

static void field_write(struct call *call, const struct field *field, struct target *target)
{
    uint64_t raw = bits_load(str_of(target->bytes, target->len), field->offset, field->width);
    __int128 before = field_extend(field, raw);
    __int128 after = field->verb == FIELD_SET ? field_operand(field) : before + field->operand;
    if (!field_fit(field, &after)) {
        reply_null(call->reply);
        return;
    }
    bits_store(target->bytes, target->len, field->offset, field->width, (uint64_t)after);
    reply_i64(call->reply, (int64_t)(field->verb == FIELD_SET ? before : after));
    target->wrote = true;
    if (before != after) target->changed = true;
}

static void run_reads(struct call *call, const struct fields *fields)
{
    bool failed = false;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    reply_array(call->reply, fields->count);
    for (size_t i = 0; i < fields->count; i++) field_read(call, &fields->list[i], view.bytes);
}

static void run_writes(struct call *call, const struct fields *fields)
{
    bool failed = false;
    struct str key = call_arg(call, 1);
    struct entry *entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    size_t had = view.bytes.len, needed = (size_t)((fields->bits_needed + 7) / 8);
    struct target target = {.len = had > needed ? had : needed};
    target.bytes = string_writable(call, key, entry, target.len);
    reply_array(call->reply, fields->count);
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->list[i];
        if (field->verb == FIELD_GET)
            field_read(call, field, str_of(target.bytes, target.len));
        else
            field_write(call, field, &target);
    }
    /* A string that grew has changed even when every operation failed: replicas have to grow
     * theirs. */
    bool grew = needed > had;
    if (target.changed || (grew && target.wrote))
        string_changed(call, key, "setbit");
    else if (grew)
        call_changed(call, key);
}

static void bitfield(struct call *call, bool read_only)
{
    struct fields fields = {.list =
                                mem_calloc(((size_t)call->argc / 3 + 1) * sizeof(struct field))};
    if (parse_fields(call, &fields)) {
        if (read_only && fields.writes) {
            reply_error(call->reply, "ERR BITFIELD_RO only supports the GET subcommand");
        } else if (fields.writes) {
            run_writes(call, &fields);
        } else {
            run_reads(call, &fields);
        }
    }
    mem_free(fields.list);
}

void bitmap_bitfield(struct call *call)
{
    bitfield(call, false);
}

void bitmap_bitfield_ro(struct call *call)
{
    bitfield(call, true);
}
