/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/digest.h"
#include "../check.h"

struct vector {
    const char *text;
    const char *md5;
    const char *sha256;
};

/* RFC 1321 and FIPS 180 examples. */
static const struct vector vectors[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "8215ef0796a20bcaaae116d3876c664a",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a",
     "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e"},
};

static void test_vectors(struct check *t)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t md5[DIGEST_MD5_SIZE];
        uint8_t sha[DIGEST_SHA256_SIZE];
        char text[65];
        digest_md5(vectors[i].text, strlen(vectors[i].text), md5);
        digest_hex(md5, sizeof md5, text);
        CHECK_STR(text, vectors[i].md5);
        digest_sha256(vectors[i].text, strlen(vectors[i].text), sha);
        digest_hex(sha, sizeof sha, text);
        CHECK_STR(text, vectors[i].sha256);
    }
}

/* A million times 'a', and a digest over the digests of every length around the padding edges. */
static void test_lengths(struct check *t)
{
    char *many = malloc(1000000);
    uint8_t sha[DIGEST_SHA256_SIZE];
    uint8_t md5[DIGEST_MD5_SIZE];
    char text[65];

    CHECK_OR_RETURN(many != NULL);
    memset(many, 'a', 1000000);
    digest_sha256(many, 1000000, sha);
    digest_hex(sha, sizeof sha, text);
    CHECK_STR(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    digest_md5(many, 1000000, md5);
    digest_hex(md5, sizeof md5, text);
    CHECK_STR(text, "7707d6ae4e027c70eea2a935c2296f21");
    for (size_t n = 0; n < 130; n++) {
        digest_md5(many, n, (uint8_t *)many + 1000 + n * DIGEST_MD5_SIZE);
        digest_sha256(many, n, (uint8_t *)many + 10000 + n * DIGEST_SHA256_SIZE);
    }
    digest_md5(many + 1000, 130 * DIGEST_MD5_SIZE, md5);
    digest_hex(md5, sizeof md5, text);
    CHECK_STR(text, "2a633766eeb4629b7079156dc23c647e");
    digest_sha256(many + 10000, 130 * DIGEST_SHA256_SIZE, sha);
    digest_hex(sha, sizeof sha, text);
    CHECK_STR(text, "39a48225ae6069c68f7c9f867bf47f4a2e188c3903dd919926b8259a73ecada5");
    free(many);
}

CHECK_MAIN(test_vectors, test_lengths)
