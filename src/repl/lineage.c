#include "repl/lineage.h"

#include "base/assert.h"

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool repl_id_parse(struct str text, struct repl_id *id)
{
    *id = (struct repl_id){0};
    if (text.len != REPL_ID_LEN) return false;
    struct repl_id parsed = {0};
    for (size_t i = 0; i < REPL_ID_LEN; i++) {
        parsed.text[i] = char_lower(text.ptr[i]);
        if (!is_hex(parsed.text[i])) return false;
    }
    *id = parsed;
    return true;
}

struct repl_id repl_id_make(const unsigned char random[20])
{
    struct repl_id id = {0};
    for (size_t i = 0; i < REPL_ID_LEN / 2; i++) {
        id.text[2 * i] = "0123456789abcdef"[random[i] >> 4];
        id.text[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    return id;
}

bool repl_id_eq(const struct repl_id *a, const struct repl_id *b)
{
    return memcmp(a->text, b->text, REPL_ID_LEN) == 0;
}

static void forget(struct lineage *lineage, const struct repl_id *id)
{
    size_t kept = 0;
    for (size_t i = 0; i < lineage->ancestor_count; i++) {
        if (!repl_id_eq(&lineage->ancestors[i].id, id))
            lineage->ancestors[kept++] = lineage->ancestors[i];
    }
    lineage->ancestor_count = kept;
}

/* The present id becomes the newest ancestor; the oldest is forgotten when there are too many. */
static void shift(struct lineage *lineage, struct repl_id new_id)
{
    if (repl_id_eq(&lineage->id, &new_id)) return;
    forget(lineage, &new_id);
    if (lineage->ancestor_count == LINEAGE_ANCESTORS) lineage->ancestor_count--;
    memmove(lineage->ancestors + 1, lineage->ancestors,
            lineage->ancestor_count * sizeof(*lineage->ancestors));
    lineage->ancestors[0] = (struct lineage_ancestor){lineage->id, lineage->offset};
    lineage->ancestor_count++;
    lineage->id = new_id;
}

void lineage_begin(struct lineage *lineage, struct repl_id id)
{
    *lineage = (struct lineage){.id = id};
}

void lineage_promote(struct lineage *lineage, struct repl_id new_id)
{
    shift(lineage, new_id);
}

void lineage_follow(struct lineage *lineage, struct repl_id masters_id)
{
    shift(lineage, masters_id);
}

void lineage_adopt(struct lineage *lineage, struct repl_id masters_id, int64_t offset)
{
    *lineage = (struct lineage){.id = masters_id, .offset = offset};
}

void lineage_advance(struct lineage *lineage, int64_t bytes)
{
    ASSERT(bytes >= 0 && bytes <= INT64_MAX - lineage->offset);
    lineage->offset += bytes;
}

/* Files can be edited: what would break the invariants is left out. */
static void take_ancestors(struct lineage *lineage, const struct lineage_found *found)
{
    int64_t end = lineage->offset;
    for (size_t i = 0; i < found->ancestor_count; i++) {
        const struct lineage_ancestor *ancestor = &found->ancestors[i];
        int64_t known;
        if (!repl_id_is_set(&ancestor->id) || ancestor->end < 0 || ancestor->end > end) continue;
        if (lineage_shared_end(lineage, &ancestor->id, &known)) continue;
        if (lineage->ancestor_count == LINEAGE_ANCESTORS) return;
        lineage->ancestors[lineage->ancestor_count++] = *ancestor;
        end = ancestor->end;
    }
}

void lineage_restart(struct lineage *lineage, const struct lineage_found *found, bool is_replica,
                     struct repl_id new_id)
{
    if (!repl_id_is_set(&found->id) || found->offset < 0) {
        lineage_begin(lineage, new_id);
        return;
    }
    lineage_adopt(lineage, found->id, found->offset);
    take_ancestors(lineage, found);
    if (!is_replica) lineage_promote(lineage, new_id);
}

bool lineage_shared_end(const struct lineage *lineage, const struct repl_id *id, int64_t *end)
{
    if (repl_id_eq(&lineage->id, id)) {
        *end = lineage->offset;
        return true;
    }
    for (size_t i = 0; i < lineage->ancestor_count; i++) {
        if (!repl_id_eq(&lineage->ancestors[i].id, id)) continue;
        *end = lineage->ancestors[i].end;
        return true;
    }
    return false;
}

bool lineage_is_valid(const struct lineage *lineage)
{
    int64_t end = lineage->offset;
    for (size_t i = 0; i < lineage->ancestor_count; i++) {
        const struct lineage_ancestor *ancestor = &lineage->ancestors[i];
        if (ancestor->end > end || repl_id_eq(&ancestor->id, &lineage->id)) return false;
        for (size_t j = 0; j < i; j++) {
            if (repl_id_eq(&ancestor->id, &lineage->ancestors[j].id)) return false;
        }
        end = ancestor->end;
    }
    return true;
}
