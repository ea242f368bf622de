// SPDX-License-Identifier: ISC
// What rollcall.js promises.

/** How others see a user. `unknown`: nothing is known right now, which is not the same as offline. */
export type Status = 'active' | 'away' | 'offline' | 'unknown';

/** Why a user's status became what it is. */
export type Why = 'join' | 'beat' | 'leave' | 'closed' | 'lapsed' | 'removed';

/**
 * A token, or a function that fetches one. It is called once at first, and once more whenever a token was refused; and again after
 * a while if it fails, does not answer for 30 s, or gives what cannot be a token, such as a login page.
 */
export type Token = string | null | undefined | (() => string | null | undefined | Promise<string | null | undefined>);

export interface RollcallOptions {
  /** Where Rollcall is mounted; "/presence" by default. */
  url?: string;
  workspace: string;
  /** Left out where cookies or the web server's own authentication say who the user is. */
  token?: Token;
  /**
   * Who the token speaks for. Tabs share one session only where they can tell that they are of one user: from the same token,
   * from the `sub` of JSON Web Tokens, or from this.
   */
  user?: string;
  /** Seconds for which a page has to be hidden before it is reported as away; 5 by default, 0: at once. */
  hideAfter?: number;
  /** Seconds without a touch, key or pointer after which a page that is in view is reported as away; 300 by default. */
  idleAfter?: number;
  /**
   * Whether everyone is followed, or only those who are watched. Left out: everyone, until watch() is called or an element
   * attaches itself for the first time.
   */
  everyone?: boolean;
  /** As of fetch(); needed only where Rollcall is on another origin and cookies say who the user is. */
  credentials?: RequestCredentials;
}

export interface Change {
  user: string;
  status: Status;
  previous: Status;
  /** Since when, ms since the epoch; missing where that was never told. */
  since?: number;
  why?: Why;
}

/**
 * `starting`: nothing was answered yet; `live`: it follows the stream; `retrying`: the server does not answer as it should, and
 * is asked again after a while; `stopped`: the credential is not good, until setToken(); `closed`: by close().
 */
export type State = 'starting' | 'live' | 'retrying' | 'stopped' | 'closed';

/** How this browser is. */
export interface OwnStatus {
  state: State;
  /** What it reports of itself: that of its most active tab. */
  status: 'active' | 'away';
  /** Null before the first join. */
  user: string | null;
  session: string | null;
  /** Whether this tab is the one that polls. */
  leader: boolean;
}

/**
 * What to do about an error. `sign-in`: sign in again, the server wants another token or the page has none; `refused`: not with
 * this user or from this page; `network`: the server did not answer; `server`: it answered, but not as it should.
 */
export type ErrorKind = 'sign-in' | 'refused' | 'network' | 'server';

export interface RollcallError {
  kind: ErrorKind;
  /**
   * Rollcall's own code, such as "not_a_member"; "no_token" if the page has none to send; "bad_answer" for what is not an answer
   * of Rollcall; else "unreachable".
   */
  code: string;
  /** The HTTP status; 0 where there was no answer. */
  status: number;
  message: string;
  /** Milliseconds until it is tried again; null: not before setToken(). */
  retryIn: number | null;
}

/** An answer of the stream, as it came. */
export interface StreamAnswer {
  cursor: string;
  more: boolean;
  resync: boolean;
  changes: { user: string; status: Exclude<Status, 'unknown'>; since: number; why: Why }[];
  refetch?: ('members' | 'dms')[];
}

export interface Member {
  user: string;
  name: string;
  role: string;
  status: Exclude<Status, 'unknown'>;
  since?: number;
}

export interface Dm {
  id: number;
  name?: string;
  group: boolean;
  participants: { user: string; name: string; status: Exclude<Status, 'unknown'>; since?: number }[];
}

export interface RollcallEventMap {
  /** A user's status became another one for this page. */
  change: CustomEvent<Change>;
  /** This browser's own state or status became another one. */
  status: CustomEvent<OwnStatus>;
  /** A request failed, in whichever tab. */
  error: CustomEvent<RollcallError>;
  /** The member list or the caller's conversations changed, or may have: fetch them again. */
  refetch: CustomEvent<('members' | 'dms')[]>;
  /** The stream could not be continued and was read anew; changes have been told all the same. */
  resync: CustomEvent<StreamAnswer>;
  /** Each answer of the stream, for those who want to see it work. */
  stream: CustomEvent<StreamAnswer>;
}

/**
 * One user's presence in one workspace: this page's part of it. All tabs of a browser that have the same url, workspace and
 * user are one session, and one of them polls for all.
 */
export class Rollcall extends EventTarget {
  /** The words that dots and lists show; assign to it for another language. See docs/BROWSER.md for the names. */
  static labels: Record<string, any>;

  /** A new client that the elements of this page attach themselves to, where no <rollcall-session> is around them. */
  static connect(options: RollcallOptions): Rollcall;

  /** Joins at once, and leaves when the page is left. */
  constructor(options: RollcallOptions);

  readonly workspace: string;
  /** Who the server says this is; null before the first answer. */
  readonly user: string | null;
  readonly session: string | null;
  readonly state: State;
  readonly leader: boolean;
  /** Why it is not live, if something went wrong; else null. */
  readonly error: RollcallError | null;
  /** What this browser reports of itself. */
  readonly status: 'active' | 'away';

  /** How USER is; "unknown" for someone who is not followed, and for everyone once the stream was silent for a ttl. */
  getStatus(user: string): Status;

  /** Since when USER is so, ms since the epoch, or null. */
  getSince(user: string): number | null;

  /** Reports STATUS for this browser whatever its tabs do; null: what they do counts again. */
  setStatus(status: 'active' | 'away' | null): void;

  /** Follows these users, or everyone for null; as often as it was called for one, unwatch() has to be. */
  watch(users: string | readonly string[] | null): void;
  unwatch(users: string | readonly string[] | null): void;

  /** Goes on with another token; of the same user: for another one, close() and make a new client. */
  setToken(token: Token): void;

  /** Tries again soon if the client is retrying, and asks for the token again if it has stopped. */
  retry(): void;

  /** Leaves, after a few seconds of grace, or at once with NOW (as at sign-out), and ends all requests. */
  close(options?: { now?: boolean }): void;

  /** Everyone who belongs to the workspace. Rejects with an Error that has `kind`, `code` and `status`. */
  members(): Promise<Member[]>;

  /** The user's conversations. */
  dms(): Promise<Dm[]>;

  /** Opens a conversation with PARTICIPANTS; the one that exists, if it is with one person. */
  openDm(participants: string[], name?: string): Promise<Dm>;

  addEventListener<K extends keyof RollcallEventMap>(
    type: K,
    listener: (event: RollcallEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof RollcallEventMap>(
    type: K,
    listener: (event: RollcallEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** <rollcall-session url workspace token user hide-after idle-after>: a client for the elements inside it, or of the page. */
export interface RollcallSessionElement extends HTMLElement {
  readonly rollcall: Rollcall | null;
  /** The token; as a property it can be a function. An attribute that is taken away leaves the token in use. */
  set token(token: Token);
  url: string | null;
  workspace: string | null;
  user: string | null;
  get hideAfter(): string | null;
  set hideAfter(seconds: string | number | null);
  get idleAfter(): string | null;
  set idleAfter(seconds: string | number | null);
}

/**
 * <rollcall-dot user>: reflects how the user is in its attribute `status` and its custom states (`:state(active)`); without
 * `user` it shows the `status` that the page sets.
 */
export interface RollcallDotElement extends HTMLElement {
  user: string | null;
  status: string | null;
  readonly rollcall: Rollcall | null;
}

export interface RollcallListEventMap extends HTMLElementEventMap {
  /** The number of rows that the filter lets through, or of all, became another one. */
  count: CustomEvent<{ shown: number; of: number }>;
}

/**
 * <rollcall-members filter href current>, <rollcall-dms filter href current>: "{id}" in href becomes the user's or conversation's
 * id, and the row of the id that `current` names is marked.
 */
export interface RollcallListElement extends HTMLElement {
  filter: string | null;
  href: string | null;
  readonly rollcall: Rollcall | null;
  addEventListener<K extends keyof RollcallListEventMap>(
    type: K,
    listener: (event: RollcallListEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'rollcall-session': RollcallSessionElement;
    'rollcall-dot': RollcallDotElement;
    'rollcall-members': RollcallListElement;
    'rollcall-dms': RollcallListElement;
  }
}
