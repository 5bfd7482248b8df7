#include "command/effects.h"

#include "base/num.h"

void effects_reset(struct effects *effects, bool wanted)
{
    buf_clear(&effects->before);
    buf_clear(&effects->instead);
    effects->before_count = effects->instead_count = 0;
    effects->replaced = false;
    effects->wanted = wanted;
}

void effects_deinit(struct effects *effects)
{
    buf_deinit(&effects->before);
    buf_deinit(&effects->instead);
}

enum { HEAD_MAX = 1 + NUM_I64_MAX + 2 }; /* a mark, a number, the end of the line */

static char *put_head(char *at, char mark, uint64_t number)
{
    *at++ = mark;
    at += num_format_u64(at, number);
    return mempcpy(at, "\r\n", 2);
}

/* Every write passes here, so there is room for all of it before the first byte. */
void effects_encode(struct buf *out, const struct str *argv, size_t argc)
{
    size_t room = HEAD_MAX;
    for (size_t i = 0; i < argc; i++) room += HEAD_MAX + argv[i].len + 2;
    char *at = put_head(buf_reserve(out, room), '*', argc);
    for (size_t i = 0; i < argc; i++) {
        at = put_head(at, '$', argv[i].len);
        if (argv[i].len) at = mempcpy(at, argv[i].ptr, argv[i].len);
        at = mempcpy(at, "\r\n", 2);
    }
    out->len = (size_t)(at - out->ptr);
}

void effects_encode_select(struct buf *out, int db)
{
    char digits[NUM_I64_MAX];
    const struct str argv[] = {STR("SELECT"), str_of(digits, num_format_i64(digits, db))};
    effects_encode(out, argv, 2);
}

void effects_add(struct effects *effects, const struct str *argv, size_t argc)
{
    effects->replaced = true;
    if (!effects->wanted) return;
    effects_encode(&effects->instead, argv, argc);
    effects->instead_count++;
}

void effects_none(struct effects *effects)
{
    effects->replaced = true;
}

void effects_add_before(struct effects *effects, int db, const struct str *argv, size_t argc)
{
    if (!effects->wanted) return;
    bool elsewhere = db != effects->db;
    if (elsewhere) effects_encode_select(&effects->before, db);
    effects_encode(&effects->before, argv, argc);
    if (elsewhere) effects_encode_select(&effects->before, effects->db);
    effects->before_count++;
}
