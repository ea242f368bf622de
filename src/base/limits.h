/* SPDX-License-Identifier: ISC */
/*
 * Every cap on what a peer can make us hold, in one place, each with its reason. What goes beyond one is refused.
 * What can be configured is in base/conf_options.c.
 */
#ifndef ROLLCALL_BASE_LIMITS_H
#define ROLLCALL_BASE_LIMITS_H

enum {
    LIMIT_BODY_BYTES = 1 << 20,     /* the body of an NDJSON import: 10,000 members fit; above it 413 */
    LIMIT_BODY_IDS_BYTES = 1 << 18, /* the body of a request with ids: 500 of 128 bytes, each character escaped, fit */
    LIMIT_BODY_SMALL_BYTES = 1 << 14, /* the body of any other request: a few names */
    LIMIT_PARAMS_BYTES = 1 << 17,     /* FastCGI parameters: web servers allow headers of 8 to 64 KiB */
    LIMIT_PATH_BYTES = 4096,          /* a request's path, still encoded: above it 414. Ids need about 600 */
    LIMIT_QUERY_BYTES = 1 << 16,    /* a request's query, still encoded: above it 414. Web servers allow 8 to 64 KiB */
    LIMIT_QUERY_PAIRS = 1000,       /* name=value in it: LIMIT_WATCHED_USERS and a few more */
    LIMIT_INPUTS_BYTES = 32 << 20,  /* all unfinished requests of a worker together: above it bodies are dropped: 503 */
    LIMIT_AHEADS_BYTES = 8 << 20,   /* bytes behind requests that a worker holds: above it, the connection ends */
    LIMIT_OUTPUTS_BYTES = 64 << 20, /* all answers of a worker that are not read: above it the slowest are cut off */
    LIMIT_EVENT_BYTES = 1 << 16,    /* an event of a stream; for each stream at most one that is not read is held */
    LIMIT_INPUT_SECONDS = 10,       /* in which a request must arrive; a slow sender holds a descriptor until then */
    LIMIT_OUTPUT_SECONDS = 30,      /* in which an answer must be read; a stuck reader holds its memory until then */
    LIMIT_JSON_DEPTH = 32,          /* nesting of JSON; jansson recurses, so this bounds the stack */
    LIMIT_SESSIONS_PER_USER = 50,   /* live sessions of a user in one workspace: browsers, phones, scripts */
    LIMIT_TOMBSTONES_PER_USER = 200,  /* ended sessions remembered for one ttl: bounds the cost of joining in a loop */
    LIMIT_POLLS_PER_USER = 64,        /* waiting polls of a user in one worker and workspace: each holds a descriptor */
    LIMIT_WATCHED_USERS = 500,        /* user= in one stream or status request: several screens of people */
    LIMIT_PAGE = 1000,                /* entries in one page of an answer, even if limit= asks for more */
    LIMIT_PAGE_DEFAULT = 500,         /* entries in one page without limit= */
    LIMIT_NAME_BYTES = 256,           /* a display name, label, or title */
    LIMIT_DM_PARTICIPANTS = 50,       /* people in one DM: beyond that it is a channel, not a conversation */
    LIMIT_DMS_PER_USER = 1000,        /* DMs that one user may open in a workspace: a script cannot fill the disk */
    LIMIT_SEATS_PER_OPENER = 5000,    /* participants, all together, of the groups that one user opens in a workspace */
    LIMIT_GROUPS_WITH_ONE = 50,       /* of these groups that may have the same participant, who reads them all, */
    LIMIT_GROUPS_WITH_ONE_DAYS = 90,  /* opened within so many days: colleagues have more together over the years */
    LIMIT_DM_PAGE_SEATS = 500,        /* participants in one page of DMs: about 0.7 ms of the worker */
    LIMIT_DM_PAGE_BYTES = 1 << 17,    /* bytes in that page, if ids and names are long */
    LIMIT_OPENING_KEY_BYTES = 255,    /* an Idempotency-Key: a UUID has 36 */
    LIMIT_OPENINGS = 64,              /* the latest keys of a user in a workspace that are remembered */
    LIMIT_OPENING_SECONDS = 86400,    /* how long they are; longer than any client retries */
    LIMIT_STATUS_SECONDS = 31622400,  /* how far ahead a status by hand may end: 366 days, for a long leave */
    LIMIT_CLAIM_SECONDS = 86400,      /* how far ahead a claim may end: a program that dies lets go within a day */
    LIMIT_CLAIMS = 8,                 /* claims on a user: a call, a meeting, a desk phone; and as many silenced ones */
    LIMIT_PLACE_BYTES = 128,          /* the name of a place: a path of the application */
    LIMIT_DOING_BYTES = 32,           /* the word for what somebody does there */
    LIMIT_PLACE_SECONDS = 300,        /* how long somebody is there without saying so again */
    LIMIT_PLACES_PER_SESSION = 20,    /* where a session may be at once: a page shows few things */
    LIMIT_THINGS_PER_USER = 100,      /* that a user may do at places of a workspace, with all sessions */
    LIMIT_PLACE_PEOPLE = 50,          /* who are named in the set of a place; the others are counted */
    LIMIT_PLACE_DOINGS = 8,           /* things that are said of each of them */
    LIMIT_PLACE_THINGS = 2000,        /* that are read of one place: 4 ms of the worker. Those beyond are not seen */
    LIMIT_PLACES_PAGE = 1000,         /* names of places in one read of them all */
    LIMIT_PLACES_HELD = 20000,        /* places of a workspace that a worker goes on holding unread: 5 MB */
    LIMIT_WATCHED_PLACES = 20,        /* place= in one stream */
    LIMIT_IMPORT_LINES = 20000,       /* members in one NDJSON import: one transaction of about a second */
    LIMIT_CLAIMED_WORKSPACES = 32,    /* workspaces that one JWT may name; the header bounds its text */
    LIMIT_JWT_MEMORY_BYTES = 8 << 20, /* verified JWTs that a worker remembers: about 20,000 */
    LIMIT_RENAME_SECONDS = 60,     /* between two renamings of a member by JWT: all read the members again after each */
    LIMIT_EXPORT_MEMBERS = 100000, /* members in one NDJSON export: about 10 MB, built in a tenth of a second */
    LIMIT_RECENT_SESSIONS = 4096,  /* sessions of a worker whose next poll need not ask Redis: 800 KB; others ask */
    LIMIT_RECENT_DEEDS = 4096,     /* things done at places whose renewal need not ask Redis: 1.5 MB; others ask */
    LIMIT_UNTOLD_MARKS = 100000,   /* marks that wait until Redis is back: 10 MB */
    LIMIT_LEFTOVERS = 256,         /* deleted workspaces, or users of one, to be dropped when Redis is back: 50 KB */
    LIMIT_UNTOLD_SAYS = 1024,      /* users of whom Redis has to be told what they say by hand: 200 KB */
    LIMIT_MARK_BATCH = 256,        /* marks in one script call: it blocks Redis for a few ms */
    LIMIT_EXPIRE_BATCH = 256,      /* leases that one script call expires: it blocks Redis for a few ms at most */
    LIMIT_WRITES_WAITING = 5000,   /* for PostgreSQL, in a worker: 15 MB, and longer than clients wait */
    LIMIT_HOOK_ASKS = 1000,        /* tests and replays of webhooks that wait to be done: 200 KB of Redis */
    LIMIT_WEBHOOKS = 100,          /* each is one more reader of a workspace, or of all */
    LIMIT_URL_BYTES = 2048,        /* the URL of a webhook */
    LIMIT_HOOK_SENDING = 16,       /* letters under way to one receiver, of all workspaces */
    LIMIT_HOOK_FACTS = 10000,      /* people of whom it is kept what a receiver knows of them: 1.5 MB a receiver */
    LIMIT_REDIS_HOSTS = 32,        /* named in the option redis; sentinels and nodes know the others */
};

#endif
