/* SPDX-License-Identifier: ISC */
/* The policies of workspaces (policy.h): read, and changed by administrators. */
#ifndef ROLLCALL_DIRECTORY_POLICIES_H
#define ROLLCALL_DIRECTORY_POLICIES_H

#include "directory/directory.h"
#include "directory/policy.h"

/* What a policy is to be. NULL: stays as it is. Borrowed for the call. */
struct policy_edit {
    const enum invisible_policy *invisible;
    const bool *messages;
    const enum last_seen *last_seen;
};

/* What has changed with a policy. */
struct policy_change {
    bool rows;      /* what others see of members may: the rev of each row has grown, and Redis is to be told of all */
    bool last_seen; /* how exactly others are told */
};

/* Sets OUT to the policy of WORKSPACE, or returns NOT_FOUND. */
enum directory_result directory_get_policy(struct directory *self, const char *workspace, struct status_policy *out);

/* Changes the policy of WORKSPACE, in one transaction with the rows' revs. Sets CHANGED, which may be NULL. */
enum directory_result directory_put_policy(struct directory *self, const char *workspace,
                                           const struct policy_edit *edit, struct policy_change *changed);

#endif
