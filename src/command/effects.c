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

void effects_encode(struct buf *out, const struct str *argv, size_t argc)
{
    buf_append_char(out, '*');
    buf_append_u64(out, argc);
    buf_append(out, "\r\n", 2);
    for (size_t i = 0; i < argc; i++) {
        buf_append_char(out, '$');
        buf_append_u64(out, argv[i].len);
        buf_append(out, "\r\n", 2);
        buf_append_str(out, argv[i]);
        buf_append(out, "\r\n", 2);
    }
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
