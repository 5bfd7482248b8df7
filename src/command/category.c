#include "command/category.h"

#include "base/assert.h"

static const char *const NAMES[CATEGORY_COUNT] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

const char *category_name(int bit)
{
    ASSERT(bit >= 0 && bit < CATEGORY_COUNT);
    return NAMES[bit];
}

uint32_t category_find(struct str name)
{
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (str_is(name, NAMES[i])) return (uint32_t)1 << i;
    }
    return 0;
}
