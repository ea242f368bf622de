/* SPDX-License-Identifier: ISC */
/* See key.h. */
#include "auth/key.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024, SECRET_MIN = 32 };

/* Reads the file of a key. */
struct reader {
    const struct jwt_algorithm *algorithm;
    const char *file;     /* borrowed, as ERROR */
    unsigned char *bytes; /* owned: what the file holds; zeroed before it is freed */
    size_t len;
    char *error;
    size_t size;
};

static void reader_fini(struct reader *self)
{
    if (self->bytes)
        OPENSSL_cleanse(self->bytes, self->len);
    free(self->bytes);
}

void key_fini(struct key *self)
{
    EVP_PKEY_free(self->pkey);
    *self = (struct key){.pkey = NULL};
}

static bool refuse(struct reader *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct reader *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(self->error, self->size, format, args);
    va_end(args);
    return false;
}

/* One byte more than is allowed, so that a file that is too long is noticed. */
static bool read_all(struct reader *self, int fd)
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

static bool read_file(struct reader *self)
{
    /* Does not wait for the other end if it is a pipe. */
    int fd = open(self->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat is = {0};
    bool good = fd >= 0 && fstat(fd, &is) == 0 && read_all(self, fd);
    if (!good)
        refuse(self,
               "the JWT key file %s cannot be read (%s): correct key_file in the configuration, or its permissions",
               self->file, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (good && self->algorithm->family == JWT_SECRET && (is.st_mode & S_IROTH) != 0)
        log_warn("the JWT key file %s holds a secret and can be read by everyone: chmod o-r it", self->file);
    return good;
}

/*
 * The mark is not skipped: the application that signs with the same file would still take it for a part of the secret.
 */
static bool has_no_mark(struct reader *self)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (self->len < sizeof mark - 1 || memcmp(self->bytes, mark, sizeof mark - 1) != 0)
        return true;
    return refuse(self, "the JWT key file %s begins with a byte order mark: save it as UTF-8 without BOM", self->file);
}

/* What is wrong with the secret, in a word; NULL if nothing is. */
static const char *secret_fault(const struct reader *self)
{
    bool visible = false;
    if (self->len == 0)
        return "empty";
    for (size_t i = 0; i < self->len; i++)
        visible = visible || !strchr(" \t\r\n\v\f", self->bytes[i]);
    if (!visible)
        return "blank";
    return self->len < SECRET_MIN ? "too short" : NULL;
}

/* A line end after the secret is not a part of it. */
static bool secret_ok(struct reader *self)
{
    static const char pem[] = "-----BEGIN ";
    if (self->len > 0 && self->bytes[self->len - 1] == '\n')
        self->len--;
    if (self->len >= sizeof pem - 1 && memcmp(self->bytes, pem, sizeof pem - 1) == 0)
        return refuse(
            self,
            "the JWT key file %s holds a key in PEM, but %s needs a secret: set jwt.algorithm to the algorithm "
            "of that key",
            self->file, self->algorithm->name);
    const char *fault = secret_fault(self);
    return !fault ||
           refuse(self, "the JWT key in %s is %s: %s needs a secret of at least %d random bytes (openssl rand -hex 32)",
                  self->file, fault, self->algorithm->name, SECRET_MIN);
}

static bool kind_ok(struct reader *self, EVP_PKEY *key)
{
    static const struct {
        int id;
        const char *name;
    } kinds[] = {
        [JWT_RSA] = {EVP_PKEY_RSA, "an RSA"},
        [JWT_EC] = {EVP_PKEY_EC, "an EC"},
        [JWT_EDWARDS] = {EVP_PKEY_ED25519, "an Ed25519"},
    };
    enum jwt_family family = self->algorithm->family;
    return EVP_PKEY_base_id(key) == kinds[family].id || refuse(self, "the JWT key in %s is not %s key, which %s needs",
                                                               self->file, kinds[family].name, self->algorithm->name);
}

static bool size_ok(struct reader *self, EVP_PKEY *key)
{
    int bits = EVP_PKEY_bits(key);
    int wanted = self->algorithm->key_bits;
    bool exact = self->algorithm->family == JWT_EC;
    return (exact ? bits == wanted : bits >= wanted) ||
           refuse(self, "the JWT key in %s has %d bits; %s needs %s%d", self->file, bits, self->algorithm->name,
                  exact ? "" : "at least ", wanted);
}

/* The public key in the file, or NULL with a sentence in ERROR. */
static EVP_PKEY *public_key(struct reader *self)
{
    BIO *bio = BIO_new_mem_buf(self->bytes, (int)self->len);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!key)
        refuse(
            self,
            "the JWT key file %s does not hold a public key in PEM, which %s needs (openssl pkey -in PRIVATE -pubout)",
            self->file, self->algorithm->name);
    if (key && kind_ok(self, key) && size_ok(self, key))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool key_read(struct key *self, const struct jwt_algorithm *algorithm, const char *file, char *error, size_t size)
{
    struct reader reader = {.algorithm = algorithm, .file = file, .error = error, .size = size};
    *self = (struct key){.algorithm = algorithm};
    if (algorithm->digest)
        self->digest = EVP_get_digestbyname(algorithm->digest);
    bool good = read_file(&reader) && has_no_mark(&reader);
    if (good && algorithm->family != JWT_SECRET)
        self->pkey = public_key(&reader);
    else if (good && secret_ok(&reader))
        self->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, reader.bytes, reader.len);
    reader_fini(&reader);
    return self->pkey;
}
