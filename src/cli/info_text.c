#include "cli/info_text.h"

#include "base/num.h"

static bool next_line(struct str *rest, struct str *line)
{
    if (!str_split(rest, '\n', line)) return false;
    *line = str_trim(*line);
    return true;
}

struct str info_text_field(struct str info, const char *name)
{
    struct str line, prefix = str_from_c(name);
    while (next_line(&info, &line)) {
        if (str_starts_with(line, prefix) && line.len > prefix.len && line.ptr[prefix.len] == ':')
            return str_from(line, prefix.len + 1);
    }
    return (struct str){0};
}

int64_t info_text_number(struct str info, const char *name)
{
    int64_t number = 0;
    struct str value = info_text_field(info, name);
    return num_parse_i64(value, &number) ? number : 0;
}

/* "db0:keys=12,expires=0,avg_ttl=0" */
static bool read_db_keys(struct str line, int64_t *keys)
{
    ptrdiff_t colon = str_find_char(line, ':');
    int64_t db;
    if (!str_starts_with(line, STR("db")) || colon < 0) return false;
    if (!num_parse_i64(str_from(str_first(line, (size_t)colon), 2), &db)) return false;
    struct str value = str_from(line, (size_t)colon + 1), part;
    while (str_split(&value, ',', &part)) {
        if (str_starts_with(part, STR("keys="))) return num_parse_i64(str_from(part, 5), keys);
    }
    return false;
}

int64_t info_text_key_count(struct str info)
{
    struct str line;
    int64_t sum = 0, keys;
    while (next_line(&info, &line)) {
        if (!read_db_keys(line, &keys) || !num_add_i64(sum, keys, &sum)) continue;
    }
    return sum;
}
