/* SPDX-License-Identifier: ISC */
/*
 * Every cap on what a peer can make us hold, in one place, each with its reason. What can be configured is in base/conf.h.
 */
#ifndef ROLLCALL_BASE_LIMITS_H
#define ROLLCALL_BASE_LIMITS_H

enum {
    LIMIT_BODY_BYTES = 1 << 20,       /* the body of an NDJSON import: 10,000 members fit; past it 413 */
    LIMIT_BODY_IDS_BYTES = 1 << 18,   /* of a request with ids: 500 of 128 bytes, each character escaped, fit */
    LIMIT_BODY_SMALL_BYTES = 1 << 14, /* of any other request: a few names */
    LIMIT_PARAMS_BYTES = 1 << 17,     /* FastCGI parameters: web servers allow headers of 8 to 64 KiB */
    LIMIT_PATH_BYTES = 4096,          /* a request's path, still encoded: past it 414. Ids need some 600 */
    LIMIT_QUERY_BYTES = 1 << 16,      /* a request's query, still encoded: past it 414. Web servers allow 8 to 64 KiB */
    LIMIT_QUERY_PAIRS = 1000,         /* name=value in it: LIMIT_WATCHED_USERS and what else can be asked */
    LIMIT_INPUTS_BYTES =
        32 << 20,                 /* requests that are not whole yet, of a worker together: past it bodies go, to 503 */
    LIMIT_INPUT_SECONDS = 10,     /* until a request must be whole; a slow sender holds a descriptor until then */
    LIMIT_OUTPUT_SECONDS = 30,    /* until an answer must be taken; a stuck reader holds its memory until then */
    LIMIT_JSON_DEPTH = 32,        /* nesting of JSON; jansson recurses, so this bounds the stack */
    LIMIT_SESSIONS_PER_USER = 50, /* live sessions of a user in one workspace: browsers, phones, scripts */
    LIMIT_TOMBSTONES_PER_USER = 200, /* ended sessions remembered for a ttl: bounds what joining in a loop costs */
    LIMIT_POLLS_PER_USER = 64,  /* polls of a user that wait in one worker, in one workspace: each holds a descriptor */
    LIMIT_WATCHED_USERS = 500,  /* user= of one stream or status request: several screens of people */
    LIMIT_PAGE = 1000,          /* entries in one page of an answer, where limit= asks for more */
    LIMIT_PAGE_DEFAULT = 500,   /* entries in one page where limit= is silent */
    LIMIT_NAME_BYTES = 256,     /* a display name, label, or title */
    LIMIT_DM_PARTICIPANTS = 50, /* people in one DM: beyond that it is a channel, not a conversation */
    LIMIT_DMS_PER_USER = 1000,  /* DMs one user may open in a workspace, so that a script cannot fill the disk */
    LIMIT_SEATS_PER_OPENER = 5000,    /* participants, all together, of the groups one user may open in a workspace */
    LIMIT_GROUPS_WITH_ONE = 50,       /* of these groups that may have the same participant, who reads them all, */
    LIMIT_GROUPS_WITH_ONE_DAYS = 90,  /* opened in so many days: colleagues of years have more than that together */
    LIMIT_DM_PAGE_SEATS = 500,        /* participants in one page of DMs: some 0.7 ms of the worker */
    LIMIT_DM_PAGE_BYTES = 1 << 17,    /* the same page's bytes, should ids and names be long */
    LIMIT_OPENING_KEY_BYTES = 255,    /* an Idempotency-Key: a UUID has 36 */
    LIMIT_OPENINGS = 64,              /* keys remembered of a user in a workspace, the latest ones */
    LIMIT_OPENING_SECONDS = 86400,    /* for so long, longer than anybody asks again */
    LIMIT_IMPORT_LINES = 20000,       /* members in one NDJSON import: one transaction, a second or so */
    LIMIT_CLAIMED_WORKSPACES = 32,    /* workspaces that one JWT may name; its text is bounded by the header it is in */
    LIMIT_JWT_MEMORY_BYTES = 8 << 20, /* verified JWTs that a worker remembers: some 20,000 */
    LIMIT_RENAME_SECONDS = 60,        /* between two renamings of a member by JWT: everybody reads the members again */
    LIMIT_EXPORT_MEMBERS = 100000,    /* members in one NDJSON export: some 10 MB, built in a tenth of a second */
    LIMIT_UNTOLD_MARKS =
        100000,               /* who could not be told of a change while Redis was away, and is told after it: 10 MB */
    LIMIT_MARK_BATCH = 256,   /* who is told in one script call: Redis is held for a few ms */
    LIMIT_EXPIRE_BATCH = 256, /* leases taken in one script call: Redis is held for less than a few ms */
};

#endif
