/* Titles: every variable, and what is around them. */
#include "server/title.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_title(struct config *config, const char *template, const char *expected)
{
    struct buf title = {0};
    config_set_text(&config->process.proc_title_template, str_from_c(template));
    title_write(config, "skein", &title);
    assert_string_equal(buf_c(&title), expected);
    buf_deinit(&title);
}

static void variables_are_replaced(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    config.net.port = 1;
    config.tls.port = 2;
    config_set_text(&config.net.unixsocket, STR("/s"));
    config_set_text(&config.file, STR("/f"));
    expect_title(&config, "{title} {listen-addr} {server-mode}", "skein *:1");
    expect_title(&config, "{port}/{tls-port}{unixsocket} in {config-file}!", "1/2/s in /f!");
    expect_title(&config, "none", "none");
    config_deinit(&config);
}

static void the_address_is_the_first_there_is(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    config_set_text(&config.net.unixsocket, STR("/s"));
    config.net.port = 0;
    config.tls.port = 2;
    expect_title(&config, "{listen-addr}", "*:2");
    config.tls.port = 0;
    expect_title(&config, "{listen-addr}", "/s");
    config_set_text(&config.net.unixsocket, STR(""));
    expect_title(&config, "a {listen-addr} ", "a");
    config_deinit(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_replaced),
        cmocka_unit_test(the_address_is_the_first_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
