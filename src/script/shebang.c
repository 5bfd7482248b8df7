#include "script/shebang.h"

#include "base/words.h"
#include "script/engine.h"

static const struct {
    const char *name;
    uint32_t flag;
} flags[] = {
    {"no-writes", SCRIPT_NO_WRITES},
    {"allow-oom", SCRIPT_ALLOW_OOM},
    {"allow-stale", SCRIPT_ALLOW_STALE},
    {"no-cluster", SCRIPT_NO_CLUSTER},
    {"allow-cross-slot-keys", SCRIPT_ALLOW_CROSS_SLOT},
};

enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

uint32_t shebang_flag(struct str name)
{
    for (int i = 0; i < FLAGS; i++) {
        if (str_eq(name, str_from_c(flags[i].name))) return flags[i].flag;
    }
    return 0;
}

const char *shebang_flag_name(int at, uint32_t *flag)
{
    if (at >= FLAGS) return NULL;
    *flag = flags[at].flag;
    return flags[at].name;
}

/* Splits off the first line and reads its words. */
static bool read_words(struct str body, struct shebang *shebang, struct words *words)
{
    ptrdiff_t end = str_find_char(body, '\n');
    if (end < 0) return false;
    shebang->code = str_from(body, (size_t)end);
    return words_split(words, str_first(body, (size_t)end)) && words->count > 0;
}

static bool read_flags(struct str list, struct shebang *shebang, struct buf *error)
{
    struct str name;
    if (list.len == 0) return true;
    while (str_split(&list, ',', &name)) {
        uint32_t flag = shebang_flag(name);
        if (flag == 0) {
            buf_printf(error, "ERR Unexpected flag in script shebang: %.*s", STR_ARG(name));
            return false;
        }
        shebang->flags |= flag;
    }
    return true;
}

static bool read_script_options(const struct words *words, struct shebang *shebang,
                                struct buf *error)
{
    if (!str_eq(words->list[0], STR("#!lua"))) {
        buf_printf(error, "ERR Unexpected engine in script shebang: %.*s", STR_ARG(words->list[0]));
        return false;
    }
    for (size_t i = 1; i < words->count; i++) {
        struct str option = words->list[i];
        if (!str_starts_with(option, STR("flags="))) {
            buf_printf(error, "ERR Unknown lua shebang option: %.*s", STR_ARG(option));
            return false;
        }
        if (!read_flags(str_from(option, 6), shebang, error)) return false;
    }
    return true;
}

bool shebang_of_script(struct str body, struct shebang *shebang, struct buf *error)
{
    shebang->code = body;
    shebang->flags = SCRIPT_COMPAT;
    if (!str_starts_with(body, STR("#!"))) return true;
    shebang->flags = 0;
    struct words words = {0};
    bool ok = read_words(body, shebang, &words);
    if (!ok) buf_append_c(error, "ERR Invalid script shebang");
    ok = ok && read_script_options(&words, shebang, error);
    words_deinit(&words);
    return ok;
}

static bool read_library_options(const struct words *words, struct shebang *shebang,
                                 struct buf *error)
{
    struct str engine = str_from(words->list[0], 2);
    for (size_t i = 1; i < words->count; i++) {
        struct str option = words->list[i];
        if (!str_is(str_first(option, 5), "name=")) {
            buf_printf(error, "ERR Invalid metadata value given: %.*s", STR_ARG(option));
            return false;
        }
        if (shebang->has_name) {
            buf_append_c(error,
                         "ERR Invalid metadata value, name argument was given multiple times");
            return false;
        }
        shebang->has_name = true;
        buf_append_str(&shebang->name, str_from(option, 5));
    }
    if (!shebang->has_name) {
        buf_append_c(error, "ERR Library name was not given");
        return false;
    }
    if (!str_is(engine, "lua")) {
        buf_printf(error, "ERR Engine '%.*s' not found", STR_ARG(engine));
        return false;
    }
    return true;
}

bool shebang_of_library(struct str body, struct shebang *shebang, struct buf *error)
{
    struct words words = {0};
    if (!str_starts_with(body, STR("#!"))) {
        buf_append_c(error, "ERR Missing library metadata");
        return false;
    }
    bool ok = read_words(body, shebang, &words);
    if (!ok) buf_append_c(error, "ERR Invalid library metadata");
    ok = ok && read_library_options(&words, shebang, error);
    words_deinit(&words);
    return ok;
}

void shebang_deinit(struct shebang *shebang)
{
    buf_deinit(&shebang->name);
}
