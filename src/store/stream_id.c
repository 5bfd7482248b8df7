#include "store/stream_id.h"

#include "base/num.h"

bool stream_id_next(struct stream_id *id)
{
    if (id->seq == UINT64_MAX && id->ms == UINT64_MAX) return false;
    if (++id->seq == 0) id->ms++;
    return true;
}

bool stream_id_prev(struct stream_id *id)
{
    if (stream_id_is_zero(*id)) return false;
    if (id->seq-- == 0) id->ms--;
    return true;
}

bool stream_id_generate(struct stream_id last, uint64_t now_ms, struct stream_id *id)
{
    *id = last;
    if (now_ms <= last.ms) return stream_id_next(id);
    *id = (struct stream_id){now_ms, 0};
    return true;
}

size_t stream_id_format(char *out, struct stream_id id)
{
    size_t len = num_format_u64(out, id.ms);
    out[len++] = '-';
    return len + num_format_u64(out + len, id.seq);
}

bool stream_id_parse(struct str text, uint64_t missing_seq, struct stream_id *id)
{
    struct stream_id parsed = {.seq = missing_seq};
    ptrdiff_t dash = str_find_char(text, '-');
    struct str ms = dash < 0 ? text : str_first(text, (size_t)dash);
    if (!num_parse_u64(ms, &parsed.ms)) return false;
    if (dash >= 0 && !num_parse_u64(str_from(text, (size_t)dash + 1), &parsed.seq)) return false;
    *id = parsed;
    return true;
}

static void put_u64(uint8_t *out, uint64_t number)
{
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)(number >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *in)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++) number = number << 8 | in[i];
    return number;
}

void stream_id_to_wire(uint8_t *out, struct stream_id id)
{
    put_u64(out, id.ms);
    put_u64(out + 8, id.seq);
}

struct stream_id stream_id_from_wire(const uint8_t *in)
{
    return (struct stream_id){get_u64(in), get_u64(in + 8)};
}
