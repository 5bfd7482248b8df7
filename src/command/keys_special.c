#include "command/keys_special.h"

/* An option and how many arguments follow it. */
struct option {
    const char *word;
    int values;
};

/* How many arguments the option at `at` takes, or -1 when it is none of the list or cut short. */
static int option_values(const struct option *options, const struct str *argv, int argc, int at)
{
    for (; options->word; options++) {
        bool fits = at + options->values < argc;
        if (fits && str_is(argv[at], options->word)) return options->values;
    }
    return -1;
}

bool keys_of_set(const struct str *argv, int argc, struct key_refs *refs)
{
    uint32_t flags = KEY_OW | KEY_UPDATE;
    for (int i = 3; i < argc; i++) {
        if (str_is(argv[i], "get")) flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    }
    key_refs_add(refs, 1, flags);
    return true;
}

bool keys_of_bitfield(const struct str *argv, int argc, struct key_refs *refs)
{
    static const struct option READS[] = {{"get", 2}, {"overflow", 1}, {NULL, 0}};
    uint32_t flags = KEY_RO | KEY_ACCESS;
    for (int i = 2; i < argc; i++) {
        int values = option_values(READS, argv, argc, i);
        if (values < 0) {
            flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
            break;
        }
        i += values;
    }
    key_refs_add(refs, 1, flags);
    return true;
}

bool keys_of_sort(const struct str *argv, int argc, struct key_refs *refs)
{
    static const struct option SKIPPED[] = {{"limit", 2}, {"get", 1}, {"by", 1}, {NULL, 0}};
    int store_at = 0;
    key_refs_add(refs, 1, KEY_RO | KEY_ACCESS);
    for (int i = 2; i < argc; i++) {
        int values = option_values(SKIPPED, argv, argc, i);
        if (values > 0)
            i += values;
        else if (str_is(argv[i], "store") && i + 1 < argc)
            store_at = i + 1;
    }
    if (store_at) key_refs_add(refs, store_at, KEY_OW | KEY_UPDATE);
    return true;
}

bool keys_of_sort_ro(const struct str *argv, int argc, struct key_refs *refs)
{
    (void)argv;
    (void)argc;
    key_refs_add(refs, 1, KEY_RO | KEY_ACCESS);
    return true;
}

bool keys_of_migrate(const struct str *argv, int argc, struct key_refs *refs)
{
    static const struct option SKIPPED[] = {{"auth", 1}, {"auth2", 2}, {NULL, 0}};
    int first = 3, last = 3;
    for (int i = 6; i < argc; i++) {
        int values = option_values(SKIPPED, argv, argc, i);
        if (values > 0) {
            i += values;
        } else if (str_is(argv[i], "keys")) {
            if (argv[3].len) return false;
            if (i + 1 < argc) first = i + 1, last = argc - 1;
            break;
        }
    }
    for (int i = first; i <= last; i++) key_refs_add(refs, i, KEY_RW | KEY_ACCESS | KEY_DELETE);
    return true;
}
