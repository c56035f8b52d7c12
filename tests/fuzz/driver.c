/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * driver.c - runs a fuzz target without libFuzzer, so that make check can.
 *
 * Arguments are files and directories of seeds; without any, the directory seeds/NAME beside this
 * file is taken for the program fuzz_NAME. Each seed is one case: it is fed as it is, cut short at
 * many lengths, and with a few octets changed, always in the same way. A target that dislikes an
 * input crashes (or a sanitizer stops it), which the test runner counts as a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VARIANTS 256 /* of each kind, per seed */
#define PATH_ROOM 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

/* The input in memory of its exact size, so that a sanitizer sees the first octet after it. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_cut(const uint8_t *data, size_t size)
{
    size_t step = size / VARIANTS + 1;
    for (size_t len = 0; len < size; len += step) {
        feed(data, len);
    }
}

static void feed_changed(uint8_t *data, size_t size, uint64_t *state)
{
    for (int i = 0; i < VARIANTS && size > 0; i++) {
        size_t at[3];
        uint8_t was[3];
        for (size_t k = 0; k < 3; k++) {
            at[k] = random_next(state) % size;
            was[k] = data[at[k]];
            data[at[k]] = (uint8_t)(random_next(state) >> 32);
        }
        feed(data, size);
        for (size_t k = 3; k-- > 0;) {
            data[at[k]] = was[k];
        }
    }
}

static unsigned run_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint64_t state = 0x9e3779b97f4a7c15u;
    uint8_t *data;
    size_t size = 0;
    struct stat st;

    if (in == NULL || fstat(fileno(in), &st) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    data = malloc((size_t)st.st_size + 1);
    if (data != NULL) {
        size = fread(data, 1, (size_t)st.st_size, in);
    }
    fclose(in);
    printf("%s: %zu octets\n", path, size);
    fflush(stdout);
    feed(data, size);
    feed_cut(data, size);
    feed_changed(data, size, &state);
    free(data);
    return 1;
}

static unsigned run_path(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned count = 0;

    if (dir == NULL) {
        return run_file(path);
    }
    while ((entry = readdir(dir)) != NULL) {
        char below[PATH_ROOM];
        if (entry->d_name[0] != '.') {
            snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
            count += run_path(below);
        }
    }
    closedir(dir);
    return count;
}

static unsigned run_own_seeds(const char *program)
{
    const char *source = getenv("WEIR_SRC");
    const char *name = strrchr(program, '/');
    char path[PATH_ROOM];

    name = name != NULL ? name + 1 : program;
    name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
    snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", source != NULL ? source : ".", name);
    return run_path(path);
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    if (argc == 1) {
        count = run_own_seeds(argv[0]);
    }
    for (int i = 1; i < argc; i++) {
        count += run_path(argv[i]);
    }
    printf("%u passed, %u failed, 0 skipped\n", count, count == 0);
    return count == 0;
}
