#include "cli/secrets.h"

#include "base/num.h"
#include "base/words.h"

/* A line whose words begin like this, and, when `mark` is given, has it as a later word, is
 * secret. */
static const struct {
    const char *command, *subcommand, *mark;
} SECRETS[] = {
    {"auth", NULL, NULL},
    {"hello", NULL, "auth"},
    {"acl", "setuser", NULL},
    {"config", "set", "requirepass"},
    {"config", "set", "masterauth"},
    {"config", "set", "masteruser"},
    {"config", "set", "primaryauth"},
    {"config", "set", "primaryuser"},
    {"config", "set", "tls-key-file-pass"},
    {"config", "set", "tls-client-key-file-pass"},
    {"migrate", NULL, "auth"},
    {"migrate", NULL, "auth2"},
    {"sentinel", "set", "auth-pass"},
    {"sentinel", "set", "auth-user"},
    {"sentinel", "config", "sentinel-pass"},
    {"sentinel", "config", "sentinel-user"},
};

static bool has_word(const struct str *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(list[i], word)) return true;
    }
    return false;
}

static bool are_secret(const struct str *list, size_t count)
{
    for (size_t i = 0; count > 0 && i < sizeof(SECRETS) / sizeof(*SECRETS); i++) {
        if (!str_is(list[0], SECRETS[i].command)) continue;
        size_t used = 1;
        if (SECRETS[i].subcommand && (count < 2 || !str_is(list[used++], SECRETS[i].subcommand)))
            continue;
        if (!SECRETS[i].mark || has_word(list + used, count - used, SECRETS[i].mark)) return true;
    }
    return false;
}

/* Words as far as white space tells them apart, for lines with unbalanced quotes. */
static bool is_roughly_secret(struct str line)
{
    struct str list[64], word;
    size_t count = 0;
    while (count < 64 && str_split(&line, ' ', &word)) {
        if (str_trim(word).len > 0) list[count++] = str_trim(word);
    }
    return are_secret(list, count);
}

bool secrets_in_line(struct str line)
{
    struct words words = {0};
    bool is_secret;
    if (words_split(&words, line)) {
        int64_t times;
        bool is_repeated = words.count > 1 && num_parse_i64(words.list[0], &times);
        is_secret = are_secret(words.list + is_repeated, words.count - is_repeated);
    } else {
        is_secret = is_roughly_secret(line);
    }
    words_deinit(&words);
    return is_secret;
}
