/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keepsake.c - load at the start, save now and then and at the end.
 */
#include "collect/keepsake.h"

#include "base/buf.h"
#include "base/file.h"

#include <limits.h>
#include <unistd.h>

enum { SIZE_LIMIT = 64 << 20 };

static void *source_of(void *ctx, const struct ip *addr)
{
    bool fresh;
    return sources_find(ctx, addr, ip_is_mapped(addr) ? 4 : 6, &fresh);
}

int keepsake_load(const char *path, struct wire *w, struct sources *sources, struct fault *fault)
{
    struct buf text;
    int rc;
    if (access(path, F_OK) != 0) {
        return 0;
    }
    buf_init(&text);
    rc = file_read_all(path, SIZE_LIMIT, &text, fault);
    if (rc == 0) {
        rc = wire_load(w, text.data, text.len, source_of, sources, fault);
    }
    buf_free(&text);
    return rc;
}

static int write_beside(const char *path, const struct buf *text, char *temp, size_t room,
                        struct fault *fault)
{
    int fd;
    int rc = file_create_temp(path, 0644, temp, room, &fd, fault);
    if (rc != 0) {
        return rc;
    }
    rc = file_write(fd, text->data, text->len, temp, fault);
    close(fd);
    if (rc != 0) {
        unlink(temp);
    }
    return rc;
}

int keepsake_save(const char *path, struct wire *w, struct fault *fault)
{
    char temp[PATH_MAX];
    struct buf text;
    int rc = ERR_NOMEM;
    buf_init(&text);
    wire_save(w, &text);
    if (!text.failed) {
        rc = write_beside(path, &text, temp, sizeof temp, fault);
    }
    if (rc == 0) {
        rc = file_rename(temp, path, fault);
    }
    buf_free(&text);
    return rc;
}
