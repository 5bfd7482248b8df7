#include "command/effects_unit.h"

#include "command/effects.h"

static const struct str MULTI = STR_INIT("*1\r\n$5\r\nMULTI\r\n");
static const struct str EXEC = STR_INIT("*1\r\n$4\r\nEXEC\r\n");

/* The bytes always begin with MULTI; a unit that turns out to need none is read from behind it. */
void effects_unit_begin(struct effects_unit *unit)
{
    buf_clear(&unit->bytes);
    buf_append_str(&unit->bytes, MULTI);
    unit->count = 0;
    unit->first_db = unit->last_db = 0;
}

void effects_unit_deinit(struct effects_unit *unit)
{
    buf_deinit(&unit->bytes);
}

void effects_unit_add(struct effects_unit *unit, int db, struct str encoded, size_t count)
{
    if (count == 0) return;
    if (unit->count == 0) unit->first_db = unit->last_db = db;
    if (unit->last_db != db) effects_encode_select(&unit->bytes, db);
    unit->last_db = db;
    unit->count += count;
    buf_append_str(&unit->bytes, encoded);
}

struct str effects_unit_end(struct effects_unit *unit)
{
    if (unit->count == 0) return STR("");
    if (unit->count == 1) return str_from(buf_str(&unit->bytes), MULTI.len);
    buf_append_str(&unit->bytes, EXEC);
    return buf_str(&unit->bytes);
}
