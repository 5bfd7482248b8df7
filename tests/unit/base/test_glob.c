/* Proves: patterns choose what Redis's do (a matcher that follows its rules naively agrees on
 * all short patterns), and no pattern makes the work grow beyond its length times the text's. */
#include "base/glob.h"

#include "base/mem.h"
#include "unit/base/glob_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

struct row {
    struct str pattern, text;
    bool matches;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool matches = glob_match(rows[i].pattern, rows[i].text);
        if (matches != rows[i].matches)
            fail_msg("'%.*s' and '%.*s'", STR_ARG(rows[i].pattern), STR_ARG(rows[i].text));
    }
}
#define ROW(pattern, text, matches)                                                                \
    {                                                                                              \
        STR_INIT(pattern), STR_INIT(text), matches                                                 \
    }
#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof(*(rows)))

static void stars_and_question_marks_match_as_usual(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("a*", "a", true),        ROW("a*", "abc", true),      ROW("a*c", "abc", true),
        ROW("a*c", "abcd", false),   ROW("*b*", "abc", true),     ROW("**", "a", true),
        ROW("h?llo", "hello", true), ROW("h?llo", "hllo", false), ROW("?", "", false),
        ROW("", "", true),           ROW("", "a", false),         ROW("a", "A", false),
        ROW("*?*", "a", true),       ROW("a**b", "ab", true),     ROW("a\0*", "a\0b", true),
    };
    CHECK(rows);
}

static void the_empty_text_matches_the_empty_pattern_alone(void **state)
{
    (void)state;
    static const struct row rows[] = {ROW("", "", true), ROW("*", "", false), ROW("**", "", false)};
    CHECK(rows);
    assert_true(glob_is_all(STR("*")));
    assert_false(glob_is_all(STR("**")) || glob_is_all(STR("")));
}

static void classes_may_be_negated_reversed_and_unclosed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("[abc]", "b", true),  ROW("[abc]", "d", false), ROW("[a-c]", "b", true),
        ROW("[c-a]", "b", true),  ROW("[^a]", "b", true),   ROW("[^a]", "a", false),
        ROW("[a-", "a", true),    ROW("[a-", "-", true),    ROW("[^", "x", true),
        ROW("[^", "", false),     ROW("[]a]", "a]", false), ROW("[]a]", "]", false),
        ROW("[]", "a", false),    ROW("[a-]", "]", true),   ROW("[a-]", "_", true),
        ROW("[a-]", "a", true),   ROW("[a", "a", true),     ROW("[\\]a]", "]", true),
        ROW("[\\]a]", "a", true), ROW("[\\", "\\", true),   ROW("[a\\", "\\", true),
        ROW("[-a]", "-", true),   ROW("[[]", "[", true),    ROW("*[", "a", false),
    };
    CHECK(rows);
}

static void a_backslash_takes_the_next_character_as_it_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("\\*", "*", true), ROW("\\*", "a", false),    ROW("\\?", "?", true),
        ROW("\\", "\\", true), ROW("a\\", "a\\", true),   ROW("\\\\", "\\", true),
        ROW("\\a", "a", true), ROW("\\[a]", "[a]", true),
    };
    CHECK(rows);
}

static void bytes_above_127_come_first_in_a_range(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("[\x80-\xff]", "\x90", true), ROW("[a-\xff]", "A", true),
        ROW("[a-\xff]", "b", false),      ROW("[\xff-a]", "A", true),
        ROW("[a-\xff]", "\x80", false),
    };
    CHECK(rows);
}

static void case_is_folded_only_when_asked(void **state)
{
    (void)state;
    assert_true(glob_match_nocase(STR("MAX*"), STR("maxmemory")));
    assert_true(glob_match_nocase(STR("[A-C]x"), STR("bX")));
    assert_false(glob_match(STR("MAX*"), STR("maxmemory")));
    /* The ends are put in order before they are folded, so this range is empty. */
    assert_false(glob_match_nocase(STR("[Z-a]"), STR("c")));
}

static const char ALPHABET[] = "ab-]^[\\*?\xff"
                               "A";
enum { LETTERS = sizeof(ALPHABET) - 1 };

/* The number's digits, in base LETTERS, as a text. */
static struct str spell(unsigned number, char *room)
{
    size_t len = 0;
    for (; number; number /= LETTERS + 1) {
        unsigned digit = number % (LETTERS + 1);
        if (digit == 0) return str_of(NULL, 1);
        room[len++] = ALPHABET[digit - 1];
    }
    return str_of(room, len);
}

static void all_short_patterns_agree_with_the_naive_matcher(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR_INIT(""),   STR_INIT("a"),  STR_INIT("b"),   STR_INIT("-"),
        STR_INIT("]"),  STR_INIT("\\"), STR_INIT("B"),   STR_INIT("\x80"),
        STR_INIT("ab"), STR_INIT("a]"), STR_INIT("aab"), STR_INIT("*"),
    };
    unsigned limit = (LETTERS + 1) * (LETTERS + 1) * (LETTERS + 1) * (LETTERS + 1);
    for (unsigned number = 0; number < limit * (LETTERS + 1); number++) {
        char room[8];
        struct str pattern = spell(number, room);
        if (pattern.ptr == NULL) continue;
        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
            bool plain = glob_match(pattern, texts[i]) == oracle_match(pattern, texts[i], false);
            bool folded =
                glob_match_nocase(pattern, texts[i]) == oracle_match(pattern, texts[i], true);
            if (!plain || !folded)
                fail_msg("'%.*s' and '%.*s'", STR_ARG(pattern), STR_ARG(texts[i]));
        }
    }
}

static void a_pattern_of_many_stars_does_not_explode(void **state)
{
    (void)state;
    enum { STARS = 2000, TEXT = 20000 };
    char *pattern = mem_alloc(2 * STARS + 1), *text = mem_alloc(TEXT);
    for (int i = 0; i < STARS; i++) memcpy(pattern + 2 * i, "a*", 2);
    pattern[2 * STARS] = 'b';
    memset(text, 'a', TEXT);
    clock_t start = clock();
    assert_false(glob_match(str_of(pattern, 2 * STARS + 1), str_of(text, TEXT)));
    assert_true(glob_match(str_of(pattern, 2 * STARS), str_of(text, TEXT)));
    /* Thousands of stars tried in turn would take longer than the universe has lasted. */
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
    mem_free(pattern);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stars_and_question_marks_match_as_usual),
        cmocka_unit_test(the_empty_text_matches_the_empty_pattern_alone),
        cmocka_unit_test(classes_may_be_negated_reversed_and_unclosed),
        cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
        cmocka_unit_test(bytes_above_127_come_first_in_a_range),
        cmocka_unit_test(case_is_folded_only_when_asked),
        cmocka_unit_test(all_short_patterns_agree_with_the_naive_matcher),
        cmocka_unit_test(a_pattern_of_many_stars_does_not_explode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
