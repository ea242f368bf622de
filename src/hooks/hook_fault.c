/* SPDX-License-Identifier: ISC */
/* See hook_fault.h. */
#include "hooks/hook_fault.h"

#include <stdio.h>
#include <string.h>

/* What libcurl says of a certificate, in part, and what to do. With OpenSSL and GnuTLS; the first that fits counts. */
static const struct {
    const char *part;
    const char *sentence;
} certificates[] = {
    /* First, because it quotes the name. */
    {"subject name", "the receiver's certificate is not for the name in url; use a name that it is for"},
    {"expir", "the receiver's certificate has expired; renew it"},
    {"not yet", "the receiver's certificate is not valid yet; look at the clocks of both machines"},
};

static void explain_certificate(const char *text, char *out, size_t size)
{
    static const char problem[] = "SSL certificate problem: ";
    for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++) {
        if (strstr(text, certificates[i].part)) {
            snprintf(out, size, "%s", certificates[i].sentence);
            return;
        }
    }
    text += strncmp(text, problem, sizeof problem - 1) == 0 ? sizeof problem - 1 : 0;
    snprintf(out, size,
             "the receiver's certificate is not trusted (%s); add its issuer to the system's, or set SSL_CERT_FILE",
             text);
}

static void explain_answer(long status, char *out, size_t size)
{
    if (status >= 200 && status < 300)
        *out = '\0';
    else if (status >= 300 && status < 400 && status != 304) /* which redirects nobody */
        snprintf(out, size, "the receiver answered %ld; redirects are not followed", status);
    else if (status == 410)
        snprintf(out, size, "the receiver answered 410, which switches the webhook off");
    else
        snprintf(out, size, "the receiver answered %ld", status);
}

void hook_fault_explain(const struct hook_fault *self, char *out, size_t size)
{
    const char *text = *self->text ? self->text : curl_easy_strerror(self->code);
    if (self->status > 0)
        explain_answer(self->status, out, size);
    else if (self->refused)
        snprintf(out, size, "the address is link-local or a cloud's metadata service; see hooks_allow_link_local");
    else if (self->code == CURLE_PEER_FAILED_VERIFICATION)
        explain_certificate(text, out, size);
    else if (self->code == CURLE_SSL_CACERT_BADFILE)
        snprintf(out, size,
                 "the CA certificates cannot be read (%s); install ca-certificates, or correct SSL_CERT_FILE", text);
    else if (self->code == CURLE_SSL_CONNECT_ERROR)
        snprintf(out, size, "no TLS with the receiver; look whether it speaks https at that port (%s)", text);
    else
        snprintf(out, size, "%s", text);
}
