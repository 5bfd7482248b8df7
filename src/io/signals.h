/* Signals, delivered as events of the loop.
 *
 * SIGTERM and SIGINT ask for shutdown; a second SIGINT kills the process at once, even when the
 * loop is busy, for an operator who does not want to wait. SIGHUP and SIGPIPE are ignored; all
 * others keep their meaning. */
#ifndef SKEIN_IO_SIGNALS_H
#define SKEIN_IO_SIGNALS_H

struct loop;
struct signals;

struct signals *signals_new(struct loop *loop, void (*on_shutdown)(void *ctx, int number),
                            void *ctx);
void signals_free(struct signals *signals);
/* After a shutdown was called off: the next SIGINT is the first one again. */
void signals_rearm(struct signals *signals);
/* Ignores SIGHUP and SIGPIPE; for programs without a loop too. */
void signals_ignore_harmless(void);

#endif
