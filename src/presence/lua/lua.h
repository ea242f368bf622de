/* SPDX-License-Identifier: ISC */
/* The Lua scripts as texts, each with the texts that come before it. The build makes them from *.lua. */
#ifndef ROLLCALL_PRESENCE_LUA_H
#define ROLLCALL_PRESENCE_LUA_H

extern const char presence_lua_beat[];
extern const char presence_lua_leave[];
extern const char presence_lua_expire[];
extern const char presence_lua_evict[];
extern const char presence_lua_mark[];
extern const char presence_lua_changes[];
extern const char presence_lua_prune[];
extern const char presence_lua_drop[];
extern const char presence_lua_adopt[];
extern const char presence_lua_sessions[];
extern const char presence_lua_say[];
extern const char presence_lua_own[];
extern const char presence_lua_at[];
extern const char presence_lua_from[];
extern const char presence_lua_stay[];
extern const char presence_lua_place[];
extern const char presence_lua_places[];
extern const char presence_lua_truths[];
extern const char presence_lua_hooks[];
extern const char presence_lua_hook_set[];
extern const char presence_lua_hook_turn[];
extern const char presence_lua_hook_ask[];
extern const char presence_lua_probe[];

#endif
