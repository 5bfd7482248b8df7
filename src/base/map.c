#include "base/map.h"

#include "base/mem.h"

struct map_slot {
    struct map_slot *next;
    void *value;
    uint64_t hash;
    size_t key_len;
    char key[];
};

enum { FIRST_CHAINS = 8 };

static uint64_t hash_key(const struct map *map, struct str key)
{
    return map->nocase ? hash_nocase(map->seed, key) : hash_bytes(map->seed, key.ptr, key.len);
}

static bool is_key(const struct map *map, const struct map_slot *slot, struct str key)
{
    struct str own = {slot->key, slot->key_len};
    return map->nocase ? str_eq_nocase(own, key) : str_eq(own, key);
}

/* The link that points to the slot of `key`, or the NULL link where it would be appended. */
static struct map_slot **find_link(const struct map *map, struct str key, uint64_t hash)
{
    struct map_slot **link = &map->chains[hash & (map->chain_count - 1)];
    while (*link && !((*link)->hash == hash && is_key(map, *link, key))) link = &(*link)->next;
    return link;
}

static void grow(struct map *map)
{
    size_t count = map->chain_count ? map->chain_count * 2 : FIRST_CHAINS;
    struct map_slot **chains = mem_calloc(count * sizeof(*chains));
    for (size_t i = 0; i < map->chain_count; i++) {
        struct map_slot *slot = map->chains[i];
        while (slot) {
            struct map_slot *next = slot->next;
            slot->next = chains[slot->hash & (count - 1)];
            chains[slot->hash & (count - 1)] = slot;
            slot = next;
        }
    }
    mem_free(map->chains);
    map->chains = chains;
    map->chain_count = count;
}

void map_deinit(struct map *map, void (*free_value)(void *))
{
    for (size_t i = 0; i < map->chain_count; i++) {
        struct map_slot *slot = map->chains[i];
        while (slot) {
            struct map_slot *next = slot->next;
            if (free_value) free_value(slot->value);
            mem_free(slot);
            slot = next;
        }
    }
    mem_free(map->chains);
    *map = (struct map){.seed = map->seed, .nocase = map->nocase};
}

void *map_get(const struct map *map, struct str key)
{
    if (map->len == 0) return NULL;
    struct map_slot *slot = *find_link(map, key, hash_key(map, key));
    return slot ? slot->value : NULL;
}

void *map_put(struct map *map, struct str key, void *value)
{
    if (map->len >= map->chain_count) grow(map);
    uint64_t hash = hash_key(map, key);
    struct map_slot **link = find_link(map, key, hash);
    if (*link) {
        void *old = (*link)->value;
        (*link)->value = value;
        return old;
    }
    struct map_slot *slot = mem_alloc(sizeof(*slot) + key.len);
    *slot = (struct map_slot){.value = value, .hash = hash, .key_len = key.len};
    if (key.len) memcpy(slot->key, key.ptr, key.len);
    *link = slot;
    map->len++;
    return NULL;
}

void *map_remove(struct map *map, struct str key)
{
    if (map->len == 0) return NULL;
    struct map_slot **link = find_link(map, key, hash_key(map, key));
    struct map_slot *slot = *link;
    if (slot == NULL) return NULL;
    void *value = slot->value;
    *link = slot->next;
    mem_free(slot);
    map->len--;
    return value;
}

bool map_next(const struct map *map, struct map_cursor *cursor, struct str *key, void **value)
{
    struct map_slot *slot = cursor->next;
    while (slot == NULL) {
        if (cursor->chain >= map->chain_count) return false;
        slot = map->chains[cursor->chain++];
    }
    cursor->next = slot->next;
    if (key) *key = (struct str){slot->key, slot->key_len};
    if (value) *value = slot->value;
    return true;
}
