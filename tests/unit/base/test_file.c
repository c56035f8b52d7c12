/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/file.h"
#include "../check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(char *room, const char *name)
{
    const char *dir = getenv("WEIR_TMP");
    snprintf(room, 1024, "%s/%s", dir != NULL ? dir : ".", name);
    return room;
}

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    if (out != NULL) {
        fputs(text, out);
        fclose(out);
    }
}

static void test_map_and_read(struct check *t)
{
    char path[1024];
    struct file_map map;
    struct fault f;
    struct buf b;
    char text[16];
    int fd;

    fault_clear(&f);
    put(path_of(path, "mapped"), "one flow");
    CHECK_EQ_I64(file_map(path, &map, &f), 0);
    CHECK_EQ_U64(map.size, 8);
    CHECK_MEM(map.data, "one flow", 8);
    file_unmap(&map);
    CHECK_EQ_I64(file_open(path, &fd, &f), 0);
    CHECK_EQ_I64(file_read_at(fd, text, 4, 4, path, &f), 0);
    CHECK_MEM(text, "flow", 4);
    CHECK_EQ_I64(file_read_at(fd, text, 5, 4, path, &f), ERR_TRUNCATED);
    CHECK_STR(f.name, path);
    CHECK_EQ_U64(f.offset, 4);
    close(fd);
    buf_init(&b);
    CHECK_EQ_I64(file_read_all(path, 100, &b, &f), 0);
    CHECK_STR(buf_text(&b), "one flow");
    CHECK_EQ_I64(file_read_all(path, 7, &b, &f), ERR_LIMIT);
    buf_free(&b);
}

static void test_failures(struct check *t)
{
    char path[1024];
    struct file_map map;
    struct fault f;
    int fd;

    fault_clear(&f);
    CHECK_EQ_I64(file_map(path_of(path, "missing"), &map, &f), ERR_NOTFOUND);
    CHECK_EQ_I64(f.code, ERR_NOTFOUND);
    CHECK(strstr(f.text, "No such file") != NULL);
    CHECK_STR(f.name, path);
    CHECK_EQ_I64(file_open(getenv("WEIR_TMP") != NULL ? getenv("WEIR_TMP") : ".", &fd, &f),
                 ERR_FORMAT);
    put(path_of(path, "empty"), "");
    CHECK_EQ_I64(file_map(path, &map, &f), 0);
    CHECK(map.data == NULL && map.size == 0);
    file_unmap(&map);
    fd = open("/dev/full", O_WRONLY);
    CHECK_OR_RETURN(fd >= 0);
    CHECK_EQ_I64(file_write(fd, "x", 1, "/dev/full", &f), ERR_IO);
    CHECK(strstr(f.text, "No space left") != NULL);
    close(fd);
}

static void test_directories(struct check *t)
{
    char path[1024];
    char below[1100];
    struct stat st;
    struct fault f;

    CHECK_EQ_I64(file_mkdirs(path_of(path, "a/b//c"), 0755, &f), 0);
    CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    CHECK_EQ_I64(file_mkdirs(path, 0755, &f), 0); /* being there is fine */
    CHECK_EQ_I64(file_mkdirs_above(path_of(path, "d/e/file"), 0755, &f), 0);
    CHECK(stat(path, &st) != 0);
    put(path, "a file");
    snprintf(below, sizeof below, "%s/below", path);
    CHECK_EQ_I64(file_mkdirs(below, 0755, &f), ERR_IO);
    CHECK(strstr(f.text, "cannot make directory") != NULL);
}

static void test_rename(struct check *t)
{
    char path[1024];
    char temp[1024];
    struct fault f;
    struct buf b;
    int fd;

    path_of(path, "slot");
    for (int round = 0; round < 3; round++) {
        char text[2] = {(char)('0' + round), '\0'};
        CHECK_EQ_I64(file_create_temp(path, 0644, temp, sizeof temp, &fd, &f), 0);
        CHECK(strncmp(temp, path, strlen(path)) == 0 && strlen(temp) > strlen(path));
        CHECK_EQ_I64(file_write(fd, text, 1, temp, &f), 0);
        CHECK_EQ_I64(file_write_at(fd, "!", 1, 1, temp, &f), 0);
        close(fd);
        if (round == 1) {
            CHECK_EQ_I64(file_rename_new(temp, path, &f), ERR_BUSY);
            CHECK_EQ_I64(unlink(temp), 0); /* still there under its own name */
        } else {
            CHECK_EQ_I64(round == 0 ? file_rename_new(temp, path, &f) : file_rename(temp, path, &f),
                         0);
        }
    }
    buf_init(&b);
    CHECK_EQ_I64(file_read_all(path, 100, &b, &f), 0);
    CHECK_STR(buf_text(&b), "2!");
    buf_free(&b);
    CHECK_EQ_I64(file_rename("/nonexistent/a", "/nonexistent/b", &f), ERR_NOTFOUND);
    CHECK_EQ_I64(file_create_temp("/nonexistent/a", 0644, temp, sizeof temp, &fd, &f),
                 ERR_NOTFOUND);
    CHECK(file_create_temp(path, 0644, temp, 4, &fd, &f) != 0);
}

CHECK_MAIN(test_map_and_read, test_failures, test_directories, test_rename)
