/* The texts of scripts that EVAL ran lately, so that the same text again needs no SHA-1.
 *
 * A few slots, each with a copy of one text. Where a text goes is decided by its length and some
 * of its bytes; whether it is the one is decided by all of them. Long texts are not kept. */
#ifndef SKEIN_SCRIPT_RECENT_H
#define SKEIN_SCRIPT_RECENT_H

#include "base/str.h"

struct script;

enum { RECENT_SLOTS_LOG = 6, RECENT_SLOTS = 1 << RECENT_SLOTS_LOG, RECENT_TEXT_MAX = 16 * 1024 };

struct recent_script {
    char *text; /* NULL: the slot is empty */
    size_t len;
    struct script *script;
};

struct recent_scripts {
    struct recent_script slots[RECENT_SLOTS];
};

/* NULL when it was not run lately. */
struct script *recent_find(const struct recent_scripts *recent, struct str text);
/* The script is only borrowed: forget all before scripts are freed. */
void recent_put(struct recent_scripts *recent, struct str text, struct script *script);
void recent_forget(struct recent_scripts *recent);

#endif
