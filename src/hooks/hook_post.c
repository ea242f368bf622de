/* SPDX-License-Identifier: ISC */
/* See hook_post.h. libcurl says which descriptors and which time it waits for; the loop does the waiting. */
#include "hooks/hook_post.h"

#include "base/list.h"
#include "base/mem.h"
#include "hooks/curl_compat.h"
#include "hooks/hook_address.h"
#include "hooks/hook_fault.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 5000,      /* of HOOK_POST_MS, to connect */
    KEPT_CONNECTIONS = 64,  /* to receivers, when nothing is sent */
    ANSWER_BYTES = 1 << 16, /* that are read of an answer; nothing of it is kept */
    KEPT_S = 60,            /* how long such a connection is used again */
    TRUST_S = 30,           /* until CA certificates are read again: of a hundred and more, that takes 60 ms */
};

struct hook_posts {
    struct event_base *base; /* borrowed */
    CURLM *multi;            /* owned */
    struct event *timer;     /* owned */
    struct list_node posts;  /* under way */
    size_t count;
    const char *trust; /* borrowed from the environment: a file of CA certificates; NULL: the system's */
    bool link_local;
};

struct hook_post {
    struct list_node node;
    struct hook_posts *posts; /* borrowed: the owner */
    CURL *easy;               /* owned */
    struct curl_slist *headers;
    hook_answer_fn *fn;
    void *ctx;
    size_t read_bytes;
    bool refused; /* an address was */
    char error[CURL_ERROR_SIZE];
};

/* ---- the end of one ---- */

static void hook_post_free(struct hook_post *self)
{
    list_remove(&self->node);
    self->posts->count--;
    curl_multi_remove_handle(self->posts->multi, self->easy);
    curl_easy_cleanup(self->easy);
    curl_slist_free_all(self->headers);
    free(self);
}

void hook_posts_cancel(struct hook_posts *self, struct hook_post *post)
{
    (void)self;
    hook_post_free(post);
}

static void finish(struct hook_post *self, CURLcode code)
{
    char error[CURL_ERROR_SIZE];
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(self->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    /* An answer that is too long, or whose end did not come, still has a status. Without one in time it has failed. */
    if (code != CURLE_OK && code != CURLE_WRITE_ERROR && code != CURLE_PARTIAL_FILE && code != CURLE_RECV_ERROR)
        status = 0;
    hook_fault_explain(&(struct hook_fault){status, self->refused, code, self->error}, error, sizeof error);
    const struct hook_answer answer = {(int)status, retry_after_s > 0 ? retry_after_s : 0, error};
    hook_answer_fn *fn = self->fn;
    void *ctx = self->ctx;
    hook_post_free(self);
    fn(ctx, &answer);
}

static void finish_those_that_ended(struct hook_posts *self)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(self->multi, &left))) {
        struct hook_post *post = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&post);
        finish(post, code);
    }
}

/* ---- the loop ---- */

static void act(struct hook_posts *self, curl_socket_t fd, int what)
{
    int running;
    curl_multi_socket_action(self->multi, fd, what, &running);
    finish_those_that_ended(self);
}

static void on_socket_event(evutil_socket_t fd, short what, void *ctx)
{
    act(ctx, fd, ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl waits for WHAT of FD. EVENT is what was given to curl_multi_assign(), NULL at first. */
static int on_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *event)
{
    struct hook_posts *self = ctx;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = EV_PERSIST;
        wanted = (short)(wanted | ((what & CURL_POLL_IN) != 0 ? EV_READ : 0));
        wanted = (short)(wanted | ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
        event = event_new(self->base, fd, wanted, on_socket_event, self);
        event_add(event, NULL);
    }
    curl_multi_assign(self->multi, fd, event);
    return 0;
}

static int on_wait(CURLM *multi, long ms, void *ctx)
{
    struct hook_posts *self = ctx;
    struct timeval timeout = {ms / 1000, ms % 1000 * 1000};
    (void)multi;
    if (ms < 0)
        event_del(self->timer);
    else
        event_add(self->timer, &timeout);
    return 0;
}

/* ---- one of them ---- */

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct hook_post *self = ctx;
    (void)purpose;
    if (!self->posts->link_local && !hook_address_ok(&address->addr)) {
        self->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct hook_post *self = ctx;
    (void)bytes;
    self->read_bytes += size * count;
    return self->read_bytes > ANSWER_BYTES ? 0 : size * count;
}

static void add_header(struct hook_post *self, const char *name, const char *value)
{
    char line[512];
    snprintf(line, sizeof line, "%s: %s", name, value);
    self->headers = curl_slist_append(self->headers, line);
}

static void set_headers(struct hook_post *self, const struct hook_request *request)
{
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)request->timestamp_s);
    add_header(self, "Content-Type", "application/json");
    add_header(self, "webhook-id", request->id);
    add_header(self, "webhook-timestamp", timestamp);
    add_header(self, "webhook-signature", request->signature);
    self->headers = curl_slist_append(self->headers, "Expect:");
    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, self->headers);
}

static void set_options(struct hook_post *self, const struct hook_request *request)
{
    CURL *easy = self->easy;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_compat_only_http(easy);
    curl_compat_quick_exit(easy);
    curl_compat_trust(easy, self->posts->trust, TRUST_S);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Rollcall");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HOOK_POST_MS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)KEPT_S);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->len);
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, self);
}

struct hook_post *hook_posts_send(struct hook_posts *self, const struct hook_request *request, hook_answer_fn *fn,
                                  void *ctx)
{
    struct hook_post *post = mem_new(sizeof *post);
    post->posts = self;
    post->fn = fn;
    post->ctx = ctx;
    post->easy = curl_easy_init();
    if (!post->easy)
        abort();
    list_append(&self->posts, &post->node);
    self->count++;
    set_options(post, request);
    set_headers(post, request);
    curl_multi_add_handle(self->multi, post->easy);
    return post;
}

/* ---- all of them ---- */

struct hook_posts *hook_posts_new(struct event_base *base, bool link_local)
{
    struct hook_posts *self = mem_new(sizeof *self);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    self->base = base;
    self->link_local = link_local;
    self->trust = getenv("SSL_CERT_FILE");
    if (self->trust && !*self->trust)
        self->trust = NULL;
    list_init(&self->posts);
    self->timer = event_new(base, -1, 0, on_timer, self);
    self->multi = curl_multi_init();
    if (!self->multi)
        abort();
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_wait);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return self;
}

void hook_posts_free(struct hook_posts *self)
{
    if (!self)
        return;
    while (!list_empty(&self->posts))
        hook_post_free(LIST_OWNER(self->posts.next, struct hook_post, node));
    curl_multi_cleanup(self->multi);
    event_free(self->timer);
    curl_global_cleanup();
    free(self);
}

size_t hook_posts_count(const struct hook_posts *self)
{
    return self->count;
}
