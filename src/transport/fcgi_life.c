/* SPDX-License-Identifier: ISC */
/* See fcgi_life.h. */
#include "transport/fcgi_life.h"

#include "transport/fcgi_ahead.h"
#include "transport/fcgi_output.h"
#include "transport/fcgi_partial.h"

#include <unistd.h>

/* Takes it out of the epoll too, since no descriptor is ever duplicated. */
static void close_fd(struct fcgi_conn *self)
{
    if (self->fd < 0)
        return;
    close(self->fd);
    self->fd = -1;
    self->hub->stats.connections--;
}

void fcgi_life_drop_work(struct fcgi_conn *self)
{
    if (self->state == FCGI_STATE_OUTPUT || self->state == FCGI_STATE_STALLED)
        fcgi_output_free(self->output);
    else
        fcgi_partial_free(self->partial);
    self->partial = NULL;
}

void fcgi_life_close(struct fcgi_conn *self)
{
    close_fd(self);
    fcgi_life_drop_work(self);
    fcgi_ahead_free(self->ahead);
    self->ahead = NULL;
    fcgi_hub_move(self, FCGI_STATE_DEAD);
}

void fcgi_life_watch(struct fcgi_conn *self, enum fcgi_watch watch)
{
    if (!fcgi_hub_watch(self, watch) && !fcgi_hub_is_unanswered(self))
        fcgi_life_close(self);
}

void fcgi_life_next(struct fcgi_conn *self)
{
    if (!self->keep || self->hub->draining) {
        fcgi_life_close(self);
        return;
    }
    fcgi_life_drop_work(self);
    if (self->ahead) {
        fcgi_hub_move(self, FCGI_STATE_AHEAD);
        fcgi_hub_need_tick_now(self->hub);
        return;
    }
    fcgi_hub_move(self, FCGI_STATE_IDLE);
    fcgi_life_watch(self, FCGI_WATCH_INPUT);
}

void fcgi_life_go_later(struct fcgi_conn *self)
{
    close_fd(self);
    fcgi_life_drop_work(self);
    fcgi_hub_move(self, FCGI_STATE_GONE);
    fcgi_hub_need_tick(self->hub);
}

void fcgi_life_gone(struct fcgi_conn *self, bool aborted)
{
    self->hub->stats.aborted++;
    if (!conn_tell_gone(&self->conn, self->hub->handler.ctx))
        fcgi_life_go_later(self);
    else if (aborted)
        fcgi_life_next(self);
    else
        fcgi_life_close(self);
}

void fcgi_life_park(struct fcgi_conn *self)
{
    fcgi_hub_move(self, FCGI_STATE_PARKED);
    fcgi_life_watch(self, FCGI_WATCH_INPUT);
}

void fcgi_life_tell_gone(struct fcgi_conn *self)
{
    if (conn_tell_gone(&self->conn, self->hub->handler.ctx))
        fcgi_life_close(self);
}
