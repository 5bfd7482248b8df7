#include "server/config_size.h"

#include "base/num.h"

static const struct {
    const char *name;
    int64_t bytes;
} units[] = {
    {"", 1},           {"b", 1},
    {"k", 1000},       {"kb", 1024},
    {"m", 1000000},    {"mb", 1024 * 1024},
    {"g", 1000000000}, {"gb", 1024 * 1024 * 1024},
};

static bool find_unit(struct str name, int64_t *bytes)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (!str_is(name, units[i].name)) continue;
        *bytes = units[i].bytes;
        return true;
    }
    return false;
}

static bool parse_digits(struct str digits, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!num_mul_i64(*number, 10, number)) return false;
        if (!num_add_i64(*number, digits.ptr[i] - '0', number)) return false;
    }
    return true;
}

enum config_size_verdict config_size_parse(struct str text, int64_t *bytes)
{
    int64_t number, unit;
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
    if (digits == 0 && text.len > 0) return CONFIG_SIZE_MALFORMED;
    if (!find_unit(str_from(text, digits), &unit)) return CONFIG_SIZE_MALFORMED;
    if (!parse_digits(str_first(text, digits), &number)) return CONFIG_SIZE_TOO_BIG;
    return num_mul_i64(number, unit, bytes) ? CONFIG_SIZE_GOOD : CONFIG_SIZE_TOO_BIG;
}

void config_size_format(struct buf *out, int64_t bytes)
{
    static const char *const names[] = {"gb", "mb", "kb"};
    for (int i = 0, shift = 30; i < 3 && bytes > 0; i++, shift -= 10) {
        if (bytes % ((int64_t)1 << shift) != 0) continue;
        buf_append_i64(out, bytes >> shift);
        buf_append_c(out, names[i]);
        return;
    }
    buf_append_i64(out, bytes);
}
