/* SPDX-License-Identifier: ISC */
/*
 * The key that JWTs are checked with, read from its file and looked at hard: with an empty or guessable one, or a
 * public key used as a secret, anybody could sign.
 */
#include "auth/auth_private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024, SECRET_MIN = 32 };

/* What a key file holds. */
struct content {
    unsigned char *bytes; /* owned; zeroed before it is freed */
    size_t len;
};

static void content_fini(struct content *self)
{
    if (self->bytes != NULL)
        OPENSSL_cleanse(self->bytes, self->len);
    free(self->bytes);
}

void key_fini(struct key *self)
{
    EVP_PKEY_free(self->pkey);
    *self = (struct key){.pkey = NULL};
}

/* One byte more than is allowed has room, so that a longer file is seen to be one. */
static bool read_all(int fd, struct content *self)
{
    ssize_t got;
    self->bytes = mem_new(FILE_MAX + 1);
    do {
        got = read(fd, self->bytes + self->len, FILE_MAX + 1 - self->len);
        self->len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got == 0 && self->len > FILE_MAX) {
        errno = EFBIG;
        return false;
    }
    return got == 0;
}

static bool read_file(struct content *self, const char *file, enum key_kind kind, char *error, size_t size)
{
    /* Not to wait for the other end, should it be a pipe. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat is = {0};
    bool good = fd >= 0 && fstat(fd, &is) == 0 && read_all(fd, self);
    if (!good)
        snprintf(error, size,
                 "the JWT key file %s cannot be read (%s): set key_file in the configuration, or its rights", file,
                 strerror(errno));
    if (fd >= 0)
        close(fd);
    if (good && kind == KEY_SECRET && (is.st_mode & S_IROTH) != 0)
        log_warn("the JWT key file %s holds a secret and can be read by everyone: chmod o-r it", file);
    return good;
}

/* Passed over here, it would still be a part of the secret for the application that signs with the same file. */
static bool starts_plainly(const struct content *self, const char *file, char *error, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (self->len < sizeof mark - 1 || memcmp(self->bytes, mark, sizeof mark - 1) != 0)
        return true;
    snprintf(error, size, "the JWT key file %s begins with a byte order mark: save it as UTF-8 without BOM", file);
    return false;
}

static bool secret_ok(struct content *self, const char *file, const char *algorithm, char *error, size_t size)
{
    if (self->len > 0 && self->bytes[self->len - 1] == '\n')
        self->len--;
    if (self->len >= 11 && memcmp(self->bytes, "-----BEGIN ", 11) == 0) {
        snprintf(error, size,
                 "the JWT key file %s holds a key in PEM, but %s needs a secret: set jwt.algorithm to what the key "
                 "is for",
                 file, algorithm);
        return false;
    }
    bool visible = false;
    for (size_t i = 0; i < self->len; i++)
        visible = visible || strchr(" \t\r\n\v\f", self->bytes[i]) == NULL;
    if (self->len >= SECRET_MIN && visible)
        return true;
    snprintf(error, size,
             "the JWT key in %s is %s: %s needs a secret of at least %d random bytes (openssl rand -hex 32)", file,
             self->len == 0 ? "empty"
             : visible      ? "too short"
                            : "blank",
             algorithm, SECRET_MIN);
    return false;
}

static int id_of(enum key_kind kind)
{
    if (kind == KEY_EDWARDS)
        return EVP_PKEY_ED25519;
    return kind == KEY_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC;
}

static const char *called(enum key_kind kind)
{
    if (kind == KEY_EDWARDS)
        return "an Ed25519";
    return kind == KEY_RSA ? "an RSA" : "an EC";
}

/* The public key in SELF, or NULL with a sentence in ERROR. */
static EVP_PKEY *public_key(const struct content *self, const char *file, enum key_kind kind, int bits,
                            const char *algorithm, char *error, size_t size)
{
    BIO *bio = BIO_new_mem_buf(self->bytes, (int)self->len);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    bool right_kind = key != NULL && EVP_PKEY_base_id(key) == id_of(kind);
    bool right_size = right_kind && (kind == KEY_EC ? EVP_PKEY_bits(key) == bits : EVP_PKEY_bits(key) >= bits);
    if (key == NULL)
        snprintf(error, size,
                 "the JWT key file %s holds no public key in PEM, which %s needs (openssl pkey -in PRIVATE -pubout)",
                 file, algorithm);
    else if (!right_kind)
        snprintf(error, size, "the JWT key in %s is not %s key, which %s needs", file, called(kind), algorithm);
    else if (!right_size)
        snprintf(error, size, "the JWT key in %s has %d bits; %s needs %s%d", file, EVP_PKEY_bits(key), algorithm,
                 kind == KEY_RSA ? "at least " : "", bits);
    BIO_free(bio);
    if (right_size)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool key_read(struct key *self, const char *file, enum key_kind kind, int bits, const char *algorithm, char *error,
              size_t size)
{
    struct content content = {.bytes = NULL};
    *self = (struct key){.kind = kind};
    bool good = read_file(&content, file, kind, error, size) && starts_plainly(&content, file, error, size);
    if (good && kind != KEY_SECRET)
        self->pkey = public_key(&content, file, kind, bits, algorithm, error, size);
    else if (good && secret_ok(&content, file, algorithm, error, size))
        self->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, content.bytes, content.len);
    content_fini(&content);
    return self->pkey != NULL;
}
