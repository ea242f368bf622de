/* SPDX-License-Identifier: ISC */
/* See messages.h. */
#include "presence/messages.h"

#include "presence/answers.h"
#include "view/note.h"
#include "view/place_set.h"

#include <string.h>

/* The text up to the next space, NUL-ended, into OUT; returns what follows the space, or NULL. */
static const char *word(const char *at, char *out, size_t size)
{
    size_t len = at ? strcspn(at, " ") : 0;

    if (!at || len >= size || at[len] != ' ')
        return NULL;
    memcpy(out, at, len);
    out[len] = '\0';
    return at + len + 1;
}

/* "<meta epoch> <seq> <status|-> <since> <why|-> <key>", and "\n<note>" if there is a note */
bool message_change(const char *text, char *meta_epoch, struct change *out)
{
    char seq[24], status[16], since[24], why[16];

    text = word(text, meta_epoch, EPOCH_LEN + 1);
    text = word(text, seq, sizeof seq);
    text = word(text, status, sizeof status);
    text = word(text, since, sizeof since);
    text = word(text, why, sizeof why);
    memset(out, 0, sizeof *out);
    if (!text || !*text || !answer_number(seq, &out->seq) || !answer_number(since, &out->since_ms))
        return false;
    out->key = text;
    out->key_len = strcspn(text, "\n");
    if (*text == '\1')
        return true;
    if (text[out->key_len] == '\n') {
        out->note = text + out->key_len + 1;
        out->note_len = strlen(out->note);
    }
    return status_parse(status, &out->status) && why_parse(why, &out->why) && ids_user_ok(out->key, out->key_len) &&
           (!out->note || note_ok(out->note, out->note_len));
}

/* "<workspace> <rev> <user>" */
bool message_own(const char *text, struct own_message *out)
{
    char rev[24];

    text = word(text, out->workspace, sizeof out->workspace);
    text = word(text, rev, sizeof rev);
    out->user = text;
    return text && strlen(text) <= IDS_USER_MAX && answer_number(rev, &out->rev);
}

/* "[left|lapsed] <beat> <workspace> <session> <user>" */
bool message_session(const char *text, struct session_message *out)
{
    static const char *const words[] = {[SESSION_LEFT] = "left", [SESSION_LAPSED] = "lapsed"};
    char beat[24];

    out->what = SESSION_SUPERSEDED;
    text = word(text, beat, sizeof beat);
    for (enum session_event what = SESSION_LEFT; text && what <= SESSION_LAPSED; what++) {
        if (strcmp(beat, words[what]) != 0)
            continue;
        out->what = what;
        text = word(text, beat, sizeof beat);
        break;
    }
    text = word(text, out->workspace, sizeof out->workspace);
    text = word(text, out->session, sizeof out->session);
    out->user = text;
    return text && strlen(text) <= IDS_USER_MAX && answer_number(beat, &out->beat);
}

/* What stands between AT and END into OUT, NUL-ended. Whether it fits. */
static bool copy_part(const char *at, const char *end, char *out, size_t size)
{
    size_t len = (size_t)(end - at);

    if (len >= size)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

/* "<+|-|!> <session> <doing> <place>\n<user>"; what a later release adds stands in further lines */
bool message_place(const char *text, struct place_message *out)
{
    char sign[8];

    text = word(text, sign, sizeof sign);
    text = word(text, out->session, sizeof out->session);
    text = word(text, out->doing, sizeof out->doing);
    const char *user = text ? strchr(text, '\n') : NULL;
    if (!user || !copy_part(text, user, out->place, sizeof out->place))
        return false;
    user++;
    if (!copy_part(user, user + strcspn(user, "\n"), out->user, sizeof out->user))
        return false;
    out->begins = strcmp(sign, "+") == 0;
    out->for_good = strcmp(sign, "!") == 0;
    return *sign && place_name_ok(out->place, strlen(out->place)) && place_doing_ok(out->doing, strlen(out->doing)) &&
           ids_session_ok(out->session, strlen(out->session)) && ids_user_ok(out->user, strlen(out->user));
}
