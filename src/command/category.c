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

uint32_t command_categories(const struct command *command)
{
    static const struct {
        uint32_t flag, categories;
    } derived[] = {
        {CMD_WRITE, CAT_WRITE},   {CMD_ADMIN, CAT_ADMIN | CAT_DANGEROUS},
        {CMD_PUBSUB, CAT_PUBSUB}, {CMD_BLOCKING, CAT_BLOCKING},
        {CMD_FAST, CAT_FAST},
    };
    uint32_t categories = command->categories;
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        if (command->flags & derived[i].flag) categories |= derived[i].categories;
    }
    bool scripting = categories & CAT_SCRIPTING;
    if ((command->flags & CMD_READONLY) && !scripting) categories |= CAT_READ;
    if (!(command->flags & CMD_FAST)) categories |= CAT_SLOW;
    return categories;
}
