/* Proves: docs/CONFIGURATION.md says what the option tables say, and packaging/skein.conf names
 * every directive and changes none.
 *
 * SKEIN_WRITE_DOCS=1 in the environment brings the tables of the document up to date. */
#include "config_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/words.h"
#include "config_fixture.h"
#include "io/file.h"
#include "server/config_kind.h"

static const char document[] = "docs/CONFIGURATION.md";
static const char example[] = "packaging/skein.conf";

struct section {
    const char *begin, *end; /* how the lines around it start */
    void (*write)(struct buf *out);
};

static const struct section sections[] = {
    {"<!-- directives", "<!-- end of directives", reference_write_directives},
    {"<!-- without effect", "<!-- end of without effect", reference_write_without_effect},
};

static void read_file(const char *path, struct buf *text)
{
    if (file_read_all(path, 1 << 20, text) != 0) fail_msg("cannot read %s", path);
}

/* Copies the document with its tables written anew. */
static void write_document(struct str old, struct buf *out)
{
    struct str line;
    const struct section *inside = NULL;
    while (old.len > 0 && str_split(&old, '\n', &line)) {
        if (inside && str_starts_with(line, str_from_c(inside->end))) inside = NULL;
        if (inside) continue;
        buf_append_str(out, line);
        buf_append_char(out, '\n');
        for (size_t i = 0; i < 2; i++) {
            if (!str_starts_with(line, str_from_c(sections[i].begin))) continue;
            inside = &sections[i];
            inside->write(out);
        }
    }
}

static void the_document_says_what_the_tables_say(void **state)
{
    (void)state;
    struct buf text = {0}, expected = {0};
    read_file(document, &text);
    write_document(buf_str(&text), &expected);
    if (getenv("SKEIN_WRITE_DOCS")) {
        assert_int_equal(file_replace(document, buf_str(&expected)), 0);
    } else if (!str_eq(buf_str(&text), buf_str(&expected))) {
        fail_msg("%s is out of date: run this test with SKEIN_WRITE_DOCS=1", document);
    }
    buf_deinit(&text);
    buf_deinit(&expected);
}

static bool is_named(struct str text, const char *name)
{
    struct str line;
    struct words words = {0};
    bool found = false;
    while (!found && str_split(&text, '\n', &line)) {
        if (str_starts_with(line, STR("# "))) line = str_from(line, 2);
        found =
            words_split(&words, line) && words.count > 1 && str_eq(words.list[0], str_from_c(name));
    }
    words_deinit(&words);
    return found;
}

static void the_example_names_every_directive(void **state)
{
    (void)state;
    struct buf text = {0};
    read_file(example, &text);
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        bool shown = !(option->flags & CONFIG_HIDDEN) && option->kind != &config_kind_ignored &&
                     option->kind != &config_kind_refused;
        if (shown && !is_named(buf_str(&text), option->name)) fail_msg("no %s", option->name);
    }
    buf_deinit(&text);
}

static void the_example_changes_no_default(void **state)
{
    (void)state;
    struct buf text = {0};
    struct config config;
    read_file(example, &text);
    fixture_load_good(&config, buf_c(&text), NULL);
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        if (!config_option_is_initial(option, &config)) fail_msg("%s changes", option->name);
    }
    config_deinit(&config);
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_says_what_the_tables_say),
        cmocka_unit_test(the_example_names_every_directive),
        cmocka_unit_test(the_example_changes_no_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
