/* SPDX-License-Identifier: ISC */
/*
 * Every metric of GET /metrics but requests_total, which has two labels: one row each, in the order of the output. A
 * row defines the member of struct metrics, its line and help in the output, and where the number comes from. So a new
 * metric is a row here, and a row in the table of docs/ADMIN.md, which a test compares with this one.
 *
 *     COUNTED(name, type, help)         the code counts it, in the struct metrics of its own process
 *     COPIED(name, type, source, help)  metrics_measure() copies SOURCE, an expression over its argument FROM, a
 *                                       struct metrics_sources
 *     COMPARED(name, type, source, help)  the same, of which the highest of all processes is shown and not the sum
 *
 * In METRICS_NODES, there is a line for each server of Redis, and SOURCE is an expression over NODE, a struct
 * redis_node.
 *
 * NAME is what Prometheus sees after "rollcall_". Its unit is part of it, as Prometheus wants it: _total counts what
 * the help says, _seconds are seconds. TYPE is COUNTER (goes up for as long as the master runs) or GAUGE (a level: that
 * of a worker ends with it). The numbers of all processes are added up.
 */
#ifndef ROLLCALL_API_SHARED_METRICS_TABLE_H
#define ROLLCALL_API_SHARED_METRICS_TABLE_H

/* clang-format off */
#define METRICS_NUMBERS(COUNTED, COPIED, COMPARED) \
    COPIED(parked_polls, GAUGE, from->polls, "Polls and streams waiting for a change.") \
    COPIED(streams, GAUGE, from->streams, "Of these, streams of events.") \
    COPIED(connections, GAUGE, from->fcgi->connections, "Open connections from web servers.") \
    COPIED(rooms, GAUGE, from->presence->views, "Workspaces with a live view, added up over workers.") \
    COUNTED(workers, GAUGE, "Configured number of workers.") \
    COPIED(redis_up, GAUGE, from->redis_up, "Workers whose connection to Redis works.") \
    COPIED(redis_partitions_up, GAUGE, from->redis_partitions, "Partitions that can be used, added up over workers.") \
    COPIED(redis_servers_up, GAUGE, from->redis_servers, "Connected servers of Redis, added up over workers.") \
    COPIED(redis_sentinels, GAUGE, from->redis->sentinels, "Sentinels that answer, added up over workers.") \
    COPIED(record_up, GAUGE, from->record.up, "Workers that can follow the record; 0 without one.") \
    COMPARED(record_away_since_seconds, GAUGE, from->record.away_since_s, "When it was lost; 0: it is there.") \
    COMPARED(record_lag_seconds, GAUGE, from->record.lag_s, "How far this machine's copy of it is behind.") \
    COMPARED(record_lag_rows, GAUGE, from->record.lag_rows, "Rows of its log that the copy lacks.") \
    COMPARED(record_copied_seconds, GAUGE, from->record.copied_s, "When a worker last made the copy; 0: not yet.") \
    COPIED(accepted_total, COUNTER, from->fcgi->accepted, "Connections accepted.") \
    COPIED(aborted_total, COUNTER, from->fcgi->aborted, "Requests whose client went away before the answer.") \
    COPIED(malformed_total, COUNTER, from->fcgi->malformed, "Connections closed because of invalid FastCGI.") \
    COPIED(timed_out_total, COUNTER, from->fcgi->timed_out, "Connections closed because the other side was too slow.") \
    COPIED(changes_total, COUNTER, from->presence->changes, "Changes taken into views, added up over workers.") \
    COPIED(lapses_total, COUNTER, from->presence->lapses, "Leases and records of ended sessions that expired.") \
    COPIED(view_reads_total, COUNTER, from->presence->fetches, "Reads from Redis for new views and after gaps.") \
    COPIED(expiry_holds_total, COUNTER, from->presence->holds, "Pauses of expiry, so no fault takes anyone offline.") \
    COPIED(places, GAUGE, from->presence->places, "Places that workers follow for somebody.") \
    COPIED(place_reads_total, COUNTER, from->presence->place_reads, "Reads from Redis of who is at a place.") \
    COPIED(place_renderings_total, COUNTER, from->presence->place_renderings, "Answers made because of places.") \
    COPIED(place_wakeups_total, COUNTER, from->places->wakeups, "Polls and streams that a place made due.") \
    COPIED(place_wakeups_unconcerned_total, COUNTER, from->places->unconcerned, "Of these, without asking for it.") \
    COUNTED(rate_limited_total, COUNTER, "Requests refused by a rate limit.") \
    COUNTED(silent_workers_total, COUNTER, "Workers killed and replaced because they did not respond.") \
    COUNTED(webhook_deliveries_total, COUNTER, "Deliveries that receivers of webhooks took, with tests.") \
    COUNTED(webhook_failures_total, COUNTER, "Deliveries that failed. Each is tried again, but for tests.") \
    COUNTED(webhook_changes_total, COUNTER, "Changes in deliveries that were taken.") \
    COUNTED(webhook_failing, GAUGE, "Webhooks, by workspace, whose latest delivery failed.") \
    COUNTED(webhook_lag_seconds, GAUGE, "Age of the oldest change that waits for a receiver, beyond its delay.") \
    COUNTED(log_dropped_total, COUNTER, "Log lines dropped because nobody read them.") \
    COPIED(redis_calls_total, COUNTER, from->redis->calls, "Scripts called.") \
    COPIED(redis_failures_total, COUNTER, from->redis->failures, "Scripts that could not be run.") \
    COPIED(redis_reconnects_total, COUNTER, from->redis->reconnects, "Reconnects to Redis.")

/* Histograms: how long something took. */
#define METRICS_HISTOGRAMS(COUNTED, COPIED) \
    COPIED(redis_seconds, from->redis->latency, "Time from calling a script to its reply.") \
    COUNTED(fanout_seconds, "Time from a change until each poll is answered and each stream is told.")

/* Of each server of Redis: label node. */
#define METRICS_NODES(COPIED) \
    COPIED(redis_node_up, GAUGE, (double)node->up, "Workers that are connected to this server of Redis.") \
    COPIED(redis_node_refusing, GAUGE, (double)node->refusing, "Of these, workers whose writes this server refuses.") \
    COPIED(redis_node_calls_total, COUNTER, (double)node->calls, "Scripts called there.") \
    COPIED(redis_node_failures_total, COUNTER, (double)node->failures, "Of these, that could not be run.") \
    COPIED(redis_node_seconds_total, COUNTER, (double)node->spent_us / 1e6, "Time from calls to their replies.")
/* clang-format on */

#endif
