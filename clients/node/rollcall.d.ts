// SPDX-License-Identifier: ISC

export interface Options {
  /** An administrator's token, for calls. */
  token?: string;
  /** The text of the file with the key that Rollcall and the application share, for sign(). */
  key?: string | Uint8Array;
  algorithm?: 'HS256' | 'HS384' | 'HS512';
  /** The secrets of webhooks, for verify(): "whsec_..."; while one is replaced, the old and the new one. */
  secrets?: string | string[];
  /** Seconds that a whole call may take; 10 if absent. */
  timeout?: number;
}

export class RollcallError extends Error {
  /** The status of the answer; 0 if nothing answered. */
  status: number;
  code: string;
  /** After how many seconds the same call may succeed. */
  retryAfter?: number;
  /** Of an import: which member is wrong, counted from 1. */
  line?: number;
}

export interface Workspace {
  id: string;
  name: string;
  members: number;
  created: number;
  invisible: 'allowed' | 'forbidden' | 'default';
  messages: boolean;
  last_seen: 'exact' | 'hour' | 'day' | 'hidden';
}

export interface Member {
  user: string;
  name: string;
  role: string;
}

export interface Status {
  user: string;
  status: 'active' | 'away' | 'offline';
  since?: number;
  dnd?: boolean;
  text?: string;
  emoji?: string;
  [more: string]: unknown;
}

export interface Change extends Status {
  why: string;
}

export interface Verdict {
  user: string;
  push: boolean;
  because: 'looking' | 'dnd' | 'active' | 'away' | 'offline';
  until?: number;
}

export interface Webhook {
  url: string;
  workspace?: string;
  events?: ('status' | 'message' | 'dnd' | 'member' | 'dm')[];
  delay?: number;
  reveal?: boolean;
  active?: boolean;
}

export interface Counts {
  members: number;
  active: number;
  away: number;
  offline: number;
  dnd: number;
  cursor: string;
  now: number;
}

export interface Saying {
  show?: 'auto' | 'away' | 'invisible' | null;
  dnd?: boolean | null;
  text?: string | null;
  emoji?: string | null;
  /** Seconds. */
  for?: number | null;
  /** Milliseconds since 1970. */
  until?: number | null;
}

export interface Claiming extends Omit<Saying, 'show'> {
  show?: 'away' | 'active' | null;
  priority?: number | null;
  present?: boolean | null;
}

/** An answer as docs/openapi.yaml has it. */
export type Answer = Record<string, any>;

export class Rollcall {
  constructor(url: string, options?: Options);

  sign(
    user: string,
    workspaces?: Iterable<string>,
    ttl?: number,
    claims?: { name?: string; [claim: string]: unknown },
  ): string;
  verify(headers: Headers | Record<string, unknown>, body: string | Uint8Array): Answer;
  request(method: string, path: string, body?: object | string, wait?: number): Promise<any>;

  workspaces(): AsyncGenerator<Workspace>;
  workspace(id: string): Promise<Workspace>;
  putWorkspace(id: string, fields?: Partial<Omit<Workspace, 'id' | 'members' | 'created'>>): Promise<Workspace>;
  deleteWorkspace(id: string): Promise<void>;

  members(workspace: string): AsyncGenerator<Member>;
  member(workspace: string, user: string): Promise<Member>;
  putMember(workspace: string, user: string, fields?: { name?: string; role?: string }): Promise<Member>;
  removeMember(workspace: string, user: string): Promise<void>;
  importMembers(
    workspace: string,
    members: Iterable<Partial<Member> & { user: string }> | AsyncIterable<Partial<Member> & { user: string }>,
  ): Promise<{ added: number; changed: number; total: number }>;

  statuses(workspace: string, users?: Iterable<string>): AsyncGenerator<Status>;
  userPresence(user: string): Promise<Answer>;
  counts(workspace: string): Promise<Counts>;
  stream(
    workspace: string,
    fields?: { since?: string; wait?: number; users?: string[]; counts?: boolean; places?: string[]; limit?: number },
  ): Promise<{ cursor: string; more: boolean; resync: boolean; changes: Change[] } & Answer>;

  notify(workspace: string, users: Iterable<string>, options?: { dm?: number }): Promise<Verdict[]>;

  webhooks(): Promise<Answer[]>;
  webhook(id: string): Promise<Answer>;
  putWebhook(id: string, fields: Webhook): Promise<Webhook & { secret?: string }>;
  deleteWebhook(id: string): Promise<void>;
  rotateWebhookSecret(id: string): Promise<Webhook & { secret: string }>;
  testWebhook(id: string): Promise<void>;
  replayWebhook(id: string, workspace: string, options?: { since?: string }): Promise<void>;

  memberStatus(workspace: string, user: string): Promise<Answer>;
  setStatus(workspace: string, user: string, fields: Saying): Promise<Answer>;
  clearStatus(workspace: string, user: string, options?: { all?: boolean }): Promise<void>;
  putClaim(workspace: string, user: string, claim: string, fields: Claiming): Promise<Answer>;
  endClaim(workspace: string, user: string, claim: string): Promise<void>;
  explain(workspace: string, user: string): Promise<Answer>;
  sessions(workspace: string, user: string): Promise<Answer[]>;
  endSessions(workspace: string, user: string): Promise<void>;
  places(workspace: string): AsyncGenerator<Answer>;

  dms(workspace: string): AsyncGenerator<Answer>;
  putDm(workspace: string, id: number, participants: Iterable<string>, fields?: { name?: string }): Promise<Answer>;
  deleteDm(workspace: string, id: number): Promise<void>;

  tokens(): AsyncGenerator<Answer>;
  createToken(fields: {
    user?: string;
    admin?: boolean;
    scope?: ('read' | 'claims' | 'notify' | 'members')[];
    workspace?: string;
    label?: string;
    expires_in?: number;
  }): Promise<Answer>;
  revokeToken(id: number): Promise<void>;
}
