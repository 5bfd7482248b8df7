#include "command/registry.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>

void registry_init(struct registry *registry)
{
    *registry = (struct registry){.by_name.nocase = true, .by_full_name.nocase = true};
}

static void free_ref(struct command_ref *ref)
{
    mem_free((char *)(uintptr_t)ref->full_name);
    mem_free(ref->subcommands);
    mem_free(ref);
}

void registry_deinit(struct registry *registry)
{
    for (int i = 0; i < registry->count; i++) free_ref(registry->refs[i]);
    mem_free(registry->refs);
    map_deinit(&registry->by_name, NULL);
    map_deinit(&registry->by_full_name, NULL);
}

static struct command_ref *add_ref(struct registry *registry, const struct command *command,
                                   const struct command *container)
{
    struct buf name = {0};
    if (container) buf_printf(&name, "%s|", container->name);
    buf_append_c(&name, command->name);
    struct command_ref *ref = mem_new(struct command_ref);
    *ref = (struct command_ref){.command = command,
                                .container = container,
                                .id = registry->count,
                                .full_name = mem_strndup(name.ptr, name.len),
                                .categories = command_categories(command),
                                .first_key = command_first_key(command)};
    size_t size = ((size_t)registry->count + 1) * sizeof(struct command_ref *);
    registry->refs = mem_realloc(registry->refs, size);
    registry->refs[registry->count++] = ref;
    map_put(&registry->by_full_name, buf_str(&name), ref);
    buf_deinit(&name);
    return ref;
}

static void add_subcommands(struct registry *registry, struct command_ref *container)
{
    const struct command *table = container->command->subcommands;
    size_t count = 0;
    while (table[count].name) count++;
    container->subcommands = mem_calloc((count + 1) * sizeof(struct command_ref *));
    for (size_t i = 0; i < count; i++) {
        container->subcommands[i] = add_ref(registry, &table[i], container->command);
    }
}

void registry_add(struct registry *registry, const struct command *table)
{
    for (const struct command *command = table; command->name; command++) {
        assert(map_get(&registry->by_name, str_from_c(command->name)) == NULL);
        struct command_ref *ref = add_ref(registry, command, NULL);
        if (command->subcommands) add_subcommands(registry, ref);
        const void *other = map_put(&registry->by_name, str_from_c(command->name), ref);
        ASSERT(other == NULL); /* two rows of one name: the later would hide the earlier */
    }
}

bool registry_rename(struct registry *registry, struct str from, struct str to)
{
    struct command_ref *ref = map_get(&registry->by_name, from);
    if (ref == NULL || (to.len && map_get(&registry->by_name, to))) return false;
    map_remove(&registry->by_name, from);
    if (to.len) map_put(&registry->by_name, to, ref);
    return true;
}

const struct command_ref *registry_find(const struct registry *registry, const struct str *argv,
                                        int argc)
{
    const struct command_ref *ref = map_get(&registry->by_name, argv[0]);
    if (ref == NULL || ref->subcommands == NULL || argc < 2) return ref;
    for (struct command_ref **sub = ref->subcommands; *sub; sub++) {
        if (str_is(argv[1], (*sub)->command->name)) return *sub;
    }
    return ref;
}

const struct command_ref *registry_get(const struct registry *registry, struct str full_name)
{
    return map_get(&registry->by_full_name, full_name);
}
