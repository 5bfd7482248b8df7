/* All commands by name: the const tables of the families put together at start, with renames of
 * the configuration.
 *
 * Each command and sub-command gets a small stable id (its place), which statistics and ACL
 * bitmaps use. */
#ifndef SKEIN_COMMAND_REGISTRY_H
#define SKEIN_COMMAND_REGISTRY_H

#include "base/map.h"
#include "command/command.h"
#include "command/keys.h"

struct command_ref {
    const struct command *command;
    const struct command *container;
    int id;
    const char *full_name; /* "client|list" */
    uint32_t categories;
    int first_key;
    struct command_ref **subcommands; /* of a container, NULL-terminated */
};

struct registry {
    struct map by_name;        /* folded name -> struct command_ref; without sub-commands */
    struct map by_full_name;   /* "client|list" too, original names also of renamed commands */
    struct command_ref **refs; /* by id */
    int count;
};

void registry_init(struct registry *registry);
void registry_deinit(struct registry *registry);
/* Adds a table that ends with a NULL name. Its rows must live as long as the registry. */
void registry_add(struct registry *registry, const struct command *table);
/* rename-command: an empty name removes. False when the command does not exist or the name is
 * taken. */
bool registry_rename(struct registry *registry, struct str from, struct str to);
/* The command a request names; for a container the sub-command argv[1] names, or the container
 * itself when argv[1] names none. NULL when unknown. */
const struct command_ref *registry_find(const struct registry *registry, const struct str *argv,
                                        int argc);
const struct command_ref *registry_get(const struct registry *registry, struct str full_name);

#endif
