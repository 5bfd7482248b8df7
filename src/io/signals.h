/* Signals, delivered as events of the loop.
 *
 * SIGTERM and SIGINT ask for shutdown; a second SIGINT while the first is still being served ends
 * the process at once, for an operator who does not want to wait. SIGHUP and SIGPIPE are ignored.
 * SIGUSR1 is left to its default. */
#ifndef SKEIN_IO_SIGNALS_H
#define SKEIN_IO_SIGNALS_H

struct loop;
struct signals;

struct signals *signals_new(struct loop *loop, void (*on_shutdown)(void *ctx, int number),
                            void *ctx);
void signals_free(struct signals *signals);
/* Ignores SIGHUP and SIGPIPE; for programs without a loop too. */
void signals_ignore_harmless(void);

#endif
