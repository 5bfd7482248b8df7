/* What the files of the set family share: a set that is being written to. */
#ifndef SKEIN_COMMAND_SET_H
#define SKEIN_COMMAND_SET_H

#include "command/lookup.h"
#include "store/members.h"

/* Nothing is linked until set_end, which also removes a set left empty. */
struct set_change {
    struct call *call;
    struct str key;
    struct entry *entry; /* NULL: the key is new */
    struct members_edit edit;
};

/* Looks the key up. False after an error. */
bool set_begin(struct set_change *change, struct call *call, struct str key);
/* Makes the set one to write to. A new key gets an empty one, fit for `first` and about
 * `expected` members. */
struct members_edit *set_writable(struct set_change *change, struct str first, size_t expected);
/* Links the set, says that the key changed, and announces. */
void set_end(struct set_change *change, const char *event);

struct members_limits set_limits(const struct call *call);
/* Answers all members of a set, as a set. */
void set_reply_all(struct call *call, const struct value *set);

#endif
