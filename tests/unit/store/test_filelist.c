/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_filelist.c - what -r, -R and -M name, over small trees. A case is what was typed, the files
 * (without the "nfcapd.2024" of their names) and the messages.
 */
#include "store/filelist.h"

#include "../check.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = {
    "flat/A/nfcapd.202403012350", "flat/A/nfcapd.202403012355", "flat/A/nfcapd.202403020000",
    "flat/A/nfcapd.202403020005", "flat/B/nfcapd.202403012350", "flat/B/nfcapd.202403012355",
    "flat/B/nfcapd.202403020000", "flat/B/nfcapd.202403020005",
    "tree/A/2024/03/01/nfcapd.202403012350", "tree/A/2024/03/01/nfcapd.202403012355",
    "tree/A/2024/03/02/nfcapd.202403020000", "tree/A/2024/03/02/nfcapd.202403020005",
    "tree/B/2024/03/01/nfcapd.202403012350", "tree/B/2024/03/01/nfcapd.202403012355",
    "tree/B/2024/03/02/nfcapd.202403020000", "tree/B/2024/03/02/nfcapd.202403020005",
    "mixed/.hidden", "mixed/Z", "mixed/a", "mixed/nfcapd.current.4711", "mixed/pcapd.1",
    "mixed/x.pcap", "mixed/sub/b",
};

static void make_file(const char *path)
{
    char dir[256];
    snprintf(dir, sizeof dir, "%s", path);
    for (char *p = dir; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(dir, 0777);
        *p = '/';
    }
    fclose(fopen(path, "w"));
}

/* Texts added up, each with a newline. */
struct lines {
    char text[2048];
};

static void add_line(void *ctx, const char *line)
{
    struct lines *l = ctx;
    size_t n = strlen(l->text);
    snprintf(l->text + n, sizeof l->text - n, "%s\n", line);
}

#define F "nfcapd.2024"

static const struct {
    const char *r, *R, *M;
    const char *found;
    const char *said;
} cases[] = {
    {"flat/A/" F "03012350", NULL, NULL, "flat/A/" F "03012350\n", ""},
    {"./flat//A/./" F "03012350", NULL, NULL, "flat/A/" F "03012350\n", ""},
    {"mixed/x.pcap", NULL, NULL, "mixed/x.pcap\n", ""},
    {"mixed", NULL, NULL, "mixed/Z\nmixed/a\nmixed/sub/b\n", ""},
    {NULL, "mixed/", NULL, "mixed/Z\nmixed/a\nmixed/sub/b\n", ""},
    {NULL, "flat/A/" F "03020000", NULL, "flat/A/" F "03020000\nflat/A/" F "03020005\n", ""},
    {NULL, "flat/A/" F "03012355:" F "03020000", NULL,
     "flat/A/" F "03012355\nflat/A/" F "03020000\n", ""},
    {NULL, "flat/A/" F "03012355:flat/A/" F "03020000", NULL,
     "./flat/A/" F "03012355\n./flat/A/" F "03020000\n", ""},
    {NULL, "flat/A/" F "03020000:" F "0302000", NULL, "",
     "WARNING: File '" F "03020000' > '" F "0302000'. Will not match anything!\n"},
    {NULL, "flat/A/" F "03012351:" F "03020000", NULL, "",
     "stat() error 'flat/A/" F "03012351': No such file or directory\n"},
    {NULL, "flat/A:" F "03020000", NULL, "", "Not a file: 'flat/A'\n"},
    {NULL, "flat/A/" F "03012350:/x", NULL, "",
     "Last file name in -R list must not start with '/'\n"},
    {NULL, "flat/A/" F "03012350:", NULL, "", "Missing last file option after ':'!\n"},
    {NULL, "flat/A/x:a:b", NULL, "",
     "Multiple file separators ':' are not allowed in flat/A/x:a:b\n"},
    {NULL, "mixed/a:b/c/d/e", NULL, "",
     "Number of sub dirs for sub level hierarchy for file list -R do not match\n"},
    {NULL, "tree/A/2024/03/01/" F "03012355:2024/03/02/" F "03020000", NULL,
     "tree/A/2024/03/01/" F "03012355\ntree/A/2024/03/02/" F "03020000\n", ""},
    {NULL, "tree/A/2024/03/01/" F "03012355:" F "03020000", NULL,
     "tree/A/2024/03/01/" F "03012355\ntree/A/2024/03/02/" F "03020000\n", ""},
    {NULL, "tree/A/2024/03/01/" F "03012355", NULL, "tree/A/2024/03/01/" F "03012355\n", ""},
    {NULL, ".", "flat/B:A", NULL, ""}, /* sorted: A first; checked by count and head */
    {NULL, F "03012355:" F "03020000", "flat/A:B",
     "flat/A/" F "03012355\nflat/A/" F "03020000\nflat/B/" F "03012355\nflat/B/" F "03020000\n",
     ""},
    {NULL, F "03020005", "flat/A:B", "flat/A/" F "03020005\nflat/B/" F "03020005\n", ""},
    {NULL, F "03012355:" F "03020000", "tree/A:B",
     "tree/A/2024/03/01/" F "03012355\ntree/A/2024/03/02/" F "03020000\n"
     "tree/B/2024/03/01/" F "03012355\ntree/B/2024/03/02/" F "03020000\n",
     ""},
    {NULL, "2024/03/01/" F "03012355:" F "03020000", "tree/A:B", "",
     "Number of sub dirs must agree in '2024/03/01/" F "03012355' and '" F "03020000'\n"},
    {NULL, "/" F "03012355", "flat/A:B", "",
     "File list -R must not start with '/' when combined with a source list -M\n"},
    {NULL, "nfcapd.209903010000", "flat/A:B", "",
     "stat() error 'flat/A/nfcapd.209903010000': File not found!\n"},
    {F "03012350", NULL, "flat/B:A", "flat/B/" F "03012350\nflat/A/" F "03012350\n", ""},
    {F "03012350", NULL, "tree/A:B",
     "tree/A/2024/03/01/" F "03012350\ntree/B/2024/03/01/" F "03012350\n", ""},
    {"nope", NULL, "flat/A:B", "",
     "stat() error 'flat/A/nope': File not found!\nstat() error 'flat/B/nope': File not found!\n"},
    {"/x", NULL, "flat/A", "",
     "File -r must not start with '/', when combined with a source list -M\n"},
    {F "03012350", NULL, "flat/A:X:B", "flat/A/" F "03012350\n",
     "path does not exist: flat/X\nNot a directory: 'flat/X'\n"},
    {F "03012350", NULL, "flat/A:B@", "flat/A/" F "03012350\nflat/B/" F "03012350\n",
     "Can not process wildcard '@' and dirlist ':' in flat/A:B@\nRemove wildcard\n"},
    {NULL, F "03020005", "flat@", "flat/A/" F "03020005\nflat/B/" F "03020005\n", ""},
    {NULL, "nfcapd.20249901000:x", "tree/A", "", NULL},
};

static void test_cases(struct check *t)
{
    CHECK_OR_RETURN(chdir(getenv("WEIR_TMP") != NULL ? getenv("WEIR_TMP") : "/tmp") == 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        make_file(files[i]);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct filelist_asked asked = {cases[i].r, cases[i].R, cases[i].M};
        struct filelist list = {NULL, 0};
        struct lines said = {""};
        struct lines found = {""};
        struct fault fault;
        CHECK(filelist_make(&asked, add_line, &said, &list, &fault) == 0);
        for (size_t k = 0; k < list.n; k++) {
            add_line(&found, list.path[k]);
        }
        if (cases[i].found != NULL) {
            CHECK_STR(found.text, cases[i].found);
        } else {
            CHECK_EQ_U64(list.n, 8);
            CHECK(strncmp(found.text, "flat/A/", 7) == 0);
        }
        if (cases[i].said != NULL) {
            CHECK_STR(said.text, cases[i].said);
        }
        filelist_free(&list);
    }
}

static void test_refused(struct check *t)
{
    struct filelist list = {NULL, 0};
    struct fault fault;
    CHECK(filelist_make(&(struct filelist_asked){"nofile", NULL, NULL}, NULL, NULL, &list,
                        &fault) == ERR_NOTFOUND);
    CHECK_STR(fault.text, "nofile is not a file or directory");
    CHECK(filelist_make(&(struct filelist_asked){"a", "b", NULL}, NULL, NULL, &list, &fault) ==
          ERR_USAGE);
    CHECK(filelist_make(&(struct filelist_asked){NULL, NULL, "x"}, NULL, NULL, &list, &fault) ==
          ERR_USAGE);
    CHECK(filelist_make(&(struct filelist_asked){NULL, NULL, NULL}, NULL, NULL, &list, &fault) ==
          ERR_USAGE);
    CHECK(list.path == NULL);
}

CHECK_MAIN(test_cases, test_refused)
