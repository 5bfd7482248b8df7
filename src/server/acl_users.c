#include "server/acl_users.h"

#include "base/mem.h"

/* Where the name is, or belongs. */
static size_t place(const struct acl_users *users, struct str name, bool *found)
{
    size_t low = 0, high = users->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(name, buf_str(&users->list[middle]->name));
        *found = order == 0;
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

void acl_users_deinit(struct acl_users *users)
{
    for (size_t i = 0; i < users->count; i++) acl_user_free(users->list[i]);
    mem_free(users->list);
    *users = (struct acl_users){0};
}

struct acl_user *acl_users_find(const struct acl_users *users, struct str name)
{
    bool found;
    size_t at = place(users, name, &found);
    return found ? users->list[at] : NULL;
}

void acl_users_add(struct acl_users *users, struct acl_user *user)
{
    bool found;
    size_t at = place(users, buf_str(&user->name), &found);
    if (users->count == users->capacity) {
        users->capacity = users->capacity ? users->capacity * 2 : 4;
        users->list = mem_realloc(users->list, users->capacity * sizeof(struct acl_user *));
    }
    memmove(&users->list[at + 1], &users->list[at],
            (users->count - at) * sizeof(struct acl_user *));
    users->list[at] = user;
    users->count++;
}

struct acl_user *acl_users_remove(struct acl_users *users, struct str name)
{
    bool found;
    size_t at = place(users, name, &found);
    if (!found) return NULL;
    struct acl_user *user = users->list[at];
    users->count--;
    memmove(&users->list[at], &users->list[at + 1],
            (users->count - at) * sizeof(struct acl_user *));
    return user;
}
