/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * control.h - softflowd's control socket: one line in, some text out.
 *
 * A Unix stream socket. A client that is slow or silent is given up after a second, so that it
 * cannot hold up the probe. Both ends live here: the probe serves, weirctl asks.
 */
#ifndef WEIR_PROBE_CONTROL_H
#define WEIR_PROBE_CONTROL_H

#include "base/buf.h"
#include "base/err.h"

struct control;

/* Answers one command word with text in *reply. */
typedef void control_handler(void *ctx, const char *word, struct buf *reply);

/* Listen at path (an old socket there is removed; mode 0700). On error *out is untouched. */
int control_open(const char *path, struct control **out, struct fault *fault);
void control_close(struct control *c); /* removes the socket */

int control_fd(const struct control *c); /* readable: call control_serve() */
void control_serve(struct control *c, control_handler *handler, void *ctx);

/* One conversation: reads a line from fd, answers, closes fd. */
void control_talk(int fd, control_handler *handler, void *ctx);

/* Send a command to the probe listening at path and append its reply. */
int control_ask(const char *path, const char *word, struct buf *reply, struct fault *fault);

#endif
