/* SPDX-License-Identifier: ISC */
/*
 * A layer: something that was said of a user by hand, or is claimed of them, until its end. What others see of a user
 * follows from all their layers (view/layers.h). Here are the types, their names in SQL and JSON, and the few rules
 * that writing needs too. Pure functions.
 */
#ifndef ROLLCALL_DIRECTORY_LAYER_H
#define ROLLCALL_DIRECTORY_LAYER_H

#include "directory/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum layer_kind {
    LAYER_BASE,      /* of the user, without an end */
    LAYER_TEMPORARY, /* of the user, with an end */
    LAYER_CLAIM,     /* of an integration or a page, by name, with an end */
};

/* What claims are like if their owner has something to hide. All other layers are plain. */
enum layer_variant {
    VARIANT_PLAIN,    /* everyone sees it */
    VARIANT_FROZEN,   /* as it was when its owner, invisible, changed or ended it: others see it while they are */
    VARIANT_UNSEEN,   /* set by its owner while invisible: others do not see it while they are */
    VARIANT_SILENCED, /* its owner ended it: nobody sees it, and it cannot be set before its end */
};

/* What a layer says about the status. Own layers do not say active, claims not auto and invisible. */
enum show { SHOW_UNSAID, SHOW_AUTO, SHOW_AWAY, SHOW_ACTIVE, SHOW_INVISIBLE };

enum said { SAID_NOTHING, SAID_FALSE, SAID_TRUE };

enum {
    PRIORITY_BASE = 4,
    PRIORITY_CLAIM = 5, /* if it does not say */
    PRIORITY_TEMPORARY = 7,
    PRIORITY_MAX = 9, /* of a claim; from 1 */
};

struct layer {
    enum layer_kind kind;
    enum layer_variant variant;
    const char *name; /* of a claim; "" of others */
    enum show show;
    enum said dnd;
    const char *text;  /* NULL: says nothing; "": hides that of layers below */
    const char *emoji; /* the same */
    int priority;      /* of a claim, 1 to PRIORITY_MAX; see layer_priority() */
    bool present;      /* a claim that makes an offline user active */
    int64_t set_ms;
    int64_t until_ms; /* 0: no end */
};

/* All that was said of a user. Valid during the callback that gets it. */
struct status_row {
    const char *workspace;
    const char *user;
    int64_t rev;                /* grows with each change by 32 at least */
    int64_t changed_ms;         /* when the layers last changed, by Redis's clock */
    enum last_seen last_seen;   /* the user's own setting; that of the workspace is in POLICY */
    bool hides_typing;          /* the user's own setting: they neither send nor receive who types */
    const struct layer *layers; /* ordered by kind, name and variant; some may have ended since CHANGED_MS */
    size_t count;
    struct status_policy policy; /* the workspace's */
};

/* Whether LAYER has not ended at AT_MS: an end is the first millisecond without it. */
bool layer_lives(const struct layer *layer, int64_t at_ms);

/* The priority of LAYER, by its kind. */
int layer_priority(const struct layer *layer);

/* Whether what A says counts before what B says: priority, then own layers before claims, then the later one. */
bool layer_outranks(const struct layer *a, const struct layer *b);

/* The layer that makes the user of ROW invisible at AT_MS; NULL if they are not, or if the policy forbids it. */
const struct layer *layer_invisible(const struct status_row *row, int64_t at_ms);

/* The name of a kind, a variant, or a show that says something: "base", "frozen", "away". Static text. */
const char *layer_kind_name(enum layer_kind kind);
const char *layer_variant_name(enum layer_variant variant);
const char *show_name(enum show show);

/* Sets OUT to what is called NAME; false if there is nothing of that name. */
bool layer_kind_parse(const char *name, enum layer_kind *out);
bool layer_variant_parse(const char *name, enum layer_variant *out);
bool show_parse(const char *name, enum show *out);

#endif
