#include "snapshot/lzf_unpack.h"

enum {
    LITERAL_MAX = 32, /* a first byte below that is the length of a run of literals, less one */
    LEN_SHIFT = 5,
    LEN_LONG = 7, /* of three bits: another byte is to be added */
    LEN_LEAST = 2,
    HIGH_BITS = 31, /* of the distance */
    STEP = 16,
};

/* What is read, and what has been written so far. */
struct unpacking {
    const unsigned char *in, *in_end;
    char *begin, *out, *end;
};

static bool copy_literals(struct unpacking *u, size_t len)
{
    size_t left = (size_t)(u->in_end - u->in);
    if (len > left || len > (size_t)(u->end - u->out)) return false;
    if (left >= LITERAL_MAX)
        memcpy(u->out, u->in, LITERAL_MAX);
    else
        memcpy(u->out, u->in, len);
    u->in += len;
    u->out += len;
    return true;
}

/* Both ends overlap when `distance` is less than `len`: the bytes repeat. */
static void repeat(char *out, size_t distance, size_t len)
{
    size_t done = 0;
    if (distance == 1) {
        memset(out, out[-1], len);
        return;
    }
    if (distance < STEP) {
        for (; done < STEP; done++) out[done] = out[(ptrdiff_t)done - (ptrdiff_t)distance];
        /* What repeats after `distance` bytes repeats after any multiple of it. */
        distance *= (STEP + distance - 1) / distance;
    }
    for (; done < len; done += STEP) memcpy(out + done, out + done - distance, STEP);
}

static bool copy_reference(struct unpacking *u, unsigned first)
{
    size_t len = first >> LEN_SHIFT;
    if (len == LEN_LONG) {
        if (u->in == u->in_end) return false;
        len += *u->in++;
    }
    len += LEN_LEAST;
    if (u->in == u->in_end) return false;
    size_t distance = ((size_t)(first & HIGH_BITS) << 8 | *u->in++) + 1;
    if (distance > (size_t)(u->out - u->begin) || len > (size_t)(u->end - u->out)) return false;
    repeat(u->out, distance, len);
    u->out += len;
    return true;
}

bool lzf_unpack(struct str packed, char *out, size_t len)
{
    const unsigned char *in = (const unsigned char *)packed.ptr;
    struct unpacking u = {in, in + packed.len, out, out, out + len};
    while (u.in < u.in_end) {
        unsigned first = *u.in++;
        bool is_literal = first < LITERAL_MAX;
        if (!(is_literal ? copy_literals(&u, first + 1) : copy_reference(&u, first))) return false;
    }
    return u.out == u.end;
}
