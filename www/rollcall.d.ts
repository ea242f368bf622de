// SPDX-License-Identifier: ISC
// What rollcall.js promises.

/** How others see a user. `unknown` means that nothing is known right now. It does not mean offline. */
export type Status = 'active' | 'away' | 'offline' | 'unknown';

/** Why a user's status became what it is. */
export type Why = 'join' | 'beat' | 'leave' | 'closed' | 'lapsed' | 'removed';

/**
 * A token, or a function that fetches one. The function is called once at the start, and once more whenever a token
 * is refused. If it fails, takes longer than 30 s, or returns something that cannot be a token, such as a login page,
 * it is called again later.
 */
export type Token = string | null | undefined | (() => string | null | undefined | Promise<string | null | undefined>);

export interface RollcallOptions {
  /** Where Rollcall is mounted; "/presence" by default. */
  url?: string;
  workspace: string;
  /** Leave it out if cookies or the web server's own authentication identify the user. */
  token?: Token;
  /**
   * The user that the token identifies. Tabs share one session only if they know that they belong to the same user:
   * from the same token, from the `sub` of JSON Web Tokens, or from this.
   */
  user?: string;
  /** How many seconds a page must be hidden before it is reported as away. 5 by default; 0 means at once. */
  hideAfter?: number;
  /** After how many seconds without touch, key or pointer a visible page is reported as away. 300 by default. */
  idleAfter?: number;
  /**
   * Whether to follow everyone, or only those who are watched. By default it follows everyone until the first call of
   * watch() or the first element that attaches itself.
   */
  everyone?: boolean;
  /**
   * How changes come. `stream`: as events of one long answer. `poll`: each as the answer to a request. `auto`, the
   * default: as events; if they do not come through, by polls, for a day.
   */
  transport?: 'auto' | 'poll' | 'stream';
  /** As in fetch(). Needed only if Rollcall is on another origin and cookies identify the user. */
  credentials?: RequestCredentials;
}

/** What others see of a user besides the status. The message ends at `until`, in ms since the epoch. */
export interface Said {
  /** Do not disturb. */
  dnd?: boolean;
  text?: string | null;
  emoji?: string | null;
  until?: number | null;
}

export interface Presence extends Required<Said> {
  status: Status;
  since: number | null;
}

export interface Change extends Said {
  user: string;
  status: Status;
  /** The same as `status` if only the rest has changed. */
  previous: Status;
  /** When the status began, in ms since the epoch; missing if unknown. */
  since?: number;
  why?: Why;
}

/**
 * `starting`: no answer yet. `live`: it follows the stream. `retrying`: the server does not answer as it should; the
 * client tries again after a while. `stopped`: the credential was refused; the client waits for setToken(). `closed`:
 * by close().
 */
export type State = 'starting' | 'live' | 'retrying' | 'stopped' | 'closed';

/** The state of this browser. */
export interface OwnStatus {
  state: State;
  /** What it reports: the status of its most active tab. */
  status: 'active' | 'away';
  /** Null before the first join. */
  user: string | null;
  session: string | null;
  /** Whether this tab is the one that asks. */
  leader: boolean;
  /** How changes come. */
  transport: 'poll' | 'stream';
}

/** How a user wants to be shown. What is left out stays visible as it is. An empty text hides the message. */
export interface Manual {
  show?: 'auto' | 'away' | 'invisible';
  dnd?: boolean;
  text?: string;
  emoji?: string;
  /** It ends after so many seconds. */
  for?: number;
  /** It ends at this time, in ms since the epoch. */
  until?: number;
}

/** One thing that was said of the user: by the user, with an end (temporary) or without (base), or by a claim. */
export interface Layer {
  layer: 'temporary' | 'claim' | 'base';
  /** Of a claim. */
  name?: string;
  show?: 'auto' | 'away' | 'active' | 'invisible';
  dnd?: boolean;
  text?: string;
  emoji?: string;
  set: number;
  until?: number;
  /** What it decides. */
  wins: ('show' | 'dnd' | 'message')[];
}

/** The user's own status by hand. */
export interface Me {
  rev: number;
  /** The truth. */
  status: Exclude<Status, 'unknown'>;
  /** What others see. */
  shown: Exclude<Status, 'unknown'>;
  invisible: boolean;
  dnd: boolean;
  text?: string;
  emoji?: string;
  until?: number;
  /** Base, then temporary, then claims by name. `wins` tells which of them count. */
  layers: Layer[];
  next?: { at: number; layer: string };
  now: number;
}

/** How many members the workspace has, and how many of them others see as what. */
export interface Counts {
  members: number;
  active: number;
  away: number;
  offline: number;
  dnd: number;
}

/**
 * What to do about an error. `sign-in`: sign in again; the server wants another token, or the page has none.
 * `refused`: this user or this page is not allowed. `network`: the server did not answer. `server`: it answered, but
 * not as it should.
 */
export type ErrorKind = 'sign-in' | 'refused' | 'network' | 'server';

export interface RollcallError {
  kind: ErrorKind;
  /**
   * Rollcall's own code, such as "not_a_member". "no_token" if the page has no token to send, "bad_answer" if the
   * answer does not come from Rollcall, "unreachable" if there was none.
   */
  code: string;
  /** The HTTP status; 0 without an answer. */
  status: number;
  message: string;
  /** Milliseconds until the next try; null if the client waits for setToken(). */
  retryIn: number | null;
}

/** Somebody who is at a place, and what they do there: "viewing", "typing", or another word. */
export interface PlacePerson {
  user: string;
  doing: string[];
}

/** Who is at a place: at most 50 of them, those who came first. `count` is how many there are. */
export interface PlaceSet {
  place: string;
  people: PlacePerson[];
  count: number;
}

/** The server did not accept that this browser is at PLACE: `code` says why, such as "too_many_places". */
export interface Refusal extends Omit<RollcallError, 'retryIn'> {
  place: string;
  doing: string;
}

/** An answer of the stream, as it came. */
export interface StreamAnswer {
  cursor: string;
  more: boolean;
  resync: boolean;
  changes: ({ user: string; status: Exclude<Status, 'unknown'>; since?: number; why: Why } & Said)[];
  refetch?: ('members' | 'dms' | 'me')[];
  counts?: Counts;
  places?: PlaceSet[];
  /** The server's time. */
  now?: number;
}

export interface Member extends Said {
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
  participants: ({ user: string; name: string; status: Exclude<Status, 'unknown'>; since?: number } & Said)[];
}

export interface RollcallEventMap {
  /** A user's status, message or "do not disturb" changed for this page. */
  change: CustomEvent<Change>;
  /** This browser's own state or status changed. */
  status: CustomEvent<OwnStatus>;
  /** The user's own status by hand changed, on whatever device. */
  me: CustomEvent<Me>;
  /** Who is at these places changed. Each is told as a whole, the user themselves included. */
  places: CustomEvent<PlaceSet[]>;
  /** A place was refused that a tab wants to be at. Each is told once, in all tabs; all else goes on. */
  refused: CustomEvent<Refusal>;
  /** The numbers changed. */
  counts: CustomEvent<Counts>;
  /** A request failed, in any tab. */
  error: CustomEvent<RollcallError>;
  /** The member list or the user's conversations may have changed: fetch them again. `me` is fetched already. */
  refetch: CustomEvent<('members' | 'dms' | 'me')[]>;
  /** The stream could not be continued and was read from the start. No change event was lost. */
  resync: CustomEvent<StreamAnswer>;
  /** Each answer of the stream, to see it work. */
  stream: CustomEvent<StreamAnswer>;
}

/**
 * This page's part of one user's presence in one workspace. All tabs of a browser that have the same url, workspace
 * and user are one session, and one of them asks for all.
 */
export class Rollcall extends EventTarget {
  /** The words that dots and lists show. Assign to its properties for another language; docs/BROWSER.md lists them. */
  static labels: Record<string, any>;

  /** A new client, used by all elements of this page that are not inside a <rollcall-session>. */
  static connect(options: RollcallOptions): Rollcall;

  /** Joins at once, and leaves when the user leaves the page. */
  constructor(options: RollcallOptions);

  readonly workspace: string;
  /** The user, as the server says; null before the first answer. */
  readonly user: string | null;
  readonly session: string | null;
  readonly state: State;
  readonly leader: boolean;
  /** How changes come now: by polls until a stream has begun. */
  readonly transport: 'poll' | 'stream';
  /** What went wrong, if it is not live; else null. */
  readonly error: RollcallError | null;
  /** What this browser reports. */
  readonly status: 'active' | 'away';
  /**
   * The user's own status by hand. It is fetched once you read this or listen to the event `me`; null until then. Every
   * end comes on time, even if the server does not answer.
   */
  readonly me: Me | null;
  /** Fetched once you read this or listen to the event `counts`; null until then. */
  readonly counts: Counts | null;
  /** The server's time, as far as this browser knows. */
  readonly now: number;

  /**
   * The status of USER. "unknown" for users who are not followed, and for everyone if the stream is silent for one
   * TTL.
   */
  getStatus(user: string): Status;

  /** When USER's status began, in ms since the epoch, or null. */
  getSince(user: string): number | null;

  /** What is known of USER. While the status is unknown, the rest is what was known last. */
  getPresence(user: string): Presence;

  /**
   * Says how the user wants to be shown, on all devices. With an end, it replaces what was said with an end before, and
   * covers what was said without one. Without an end, it changes what was said without one and drops what was said with
   * one. Rejects with an Error that has `kind`, `code` and `status`: `not_allowed` if the workspace does not allow it.
   */
  setManual(what: Manual): Promise<Me | null>;

  /** Takes back what was said with an end, or else what was said without one; both, with ALL. */
  clearManual(options?: { all?: boolean }): Promise<Me | null>;

  /** Reports STATUS for this browser, whatever its tabs do. null: report what the tabs do again. */
  setStatus(status: 'active' | 'away' | null): void;

  /** Follows these users, or everyone if null. Each call needs one call of unwatch(). */
  watch(users: string | readonly string[] | null): void;
  unwatch(users: string | readonly string[] | null): void;

  /** Continues with another token of the same user. For another user, close() and make a new client. */
  setToken(token: Token): void;

  /** Tries again soon if the client is retrying; asks for the token again if it has stopped. */
  retry(): void;

  /** Leaves after a few seconds of grace, or at once with NOW (to sign out), and ends all requests. */
  close(options?: { now?: boolean }): void;

  /**
   * Says that this browser is at PLACE, doing "viewing" or another word of a to z and "-", 32 at most, until the
   * function that it returns is called or the page is gone. Others are told of the end a second later. While the page
   * counts as away it is not at PLACE. All tabs together can be at 20 places; others wait, and `refused` tells.
   */
  at(place: string, options?: { doing?: string }): () => void;

  /** Follows who is at PLACE until the function that it returns is called. "dm:17" is a conversation. */
  see(place: string): () => void;

  /**
   * Who is at PLACE, the user themselves included, as far as it is known. It is followed from the first call on, if
   * see() does not do so. Of one user, the 20 latest places are followed.
   */
  who(place: string): PlacePerson[];

  /**
   * Tells the others in the conversation DM when the user types into INPUT, and when not any more: it is cleared, left
   * or hidden, its form is submitted, 5 s have passed, or you call stop() because the message was sent. The function
   * that it returns ends this for good.
   */
  attachTyping(dm: number | string, input: HTMLElement): (() => Promise<void>) & { stop(): Promise<void> };

  /** All members of the workspace, or those of `users`. Rejects with an Error that has `kind`, `code` and `status`. */
  members(users?: string[]): Promise<Member[]>;

  /** The user's conversations. */
  dms(): Promise<Dm[]>;

  /**
   * Opens a conversation with PARTICIPANTS. If there is one person and a conversation with them exists, returns that.
   */
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

/**
 * <rollcall-session url workspace token user transport hide-after idle-after>: a client for the elements inside it, or
 * of the page.
 */
export interface RollcallSessionElement extends HTMLElement {
  readonly rollcall: Rollcall | null;
  /** The token; as a property it can be a function. Removing the attribute leaves the token in use. */
  set token(token: Token);
  url: string | null;
  workspace: string | null;
  user: string | null;
  transport: string | null;
  get hideAfter(): string | null;
  set hideAfter(seconds: string | number | null);
  get idleAfter(): string | null;
  set idleAfter(seconds: string | number | null);
}

/**
 * <rollcall-dot user>: reflects the user's status in its attributes `status` and `dnd` and its custom states
 * (`:state(active)`, `:state(dnd)`). Without `user` it shows the `status` and `dnd` that the page sets.
 */
export interface RollcallDotElement extends HTMLElement {
  user: string | null;
  status: string | null;
  get dnd(): string | null;
  set dnd(value: string | boolean | null);
  readonly rollcall: Rollcall | null;
}

export interface RollcallListEventMap extends HTMLElementEventMap {
  /** The number of rows changed: of those that match the filter, or of all. */
  count: CustomEvent<{ shown: number; of: number }>;
}

/**
 * <rollcall-members filter href current>, <rollcall-dms filter href current>: "{id}" in href becomes the id of the
 * user or the conversation. The row with the id in `current` is marked.
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

/** <rollcall-status user>: the user's message, in one line. */
export interface RollcallStatusElement extends HTMLElement {
  user: string | null;
  readonly rollcall: Rollcall | null;
}

/** <rollcall-me>: a button that shows the user's own dot and what is inside the element, and opens the status menu. */
export interface RollcallMeElement extends HTMLElement {
  readonly rollcall: Rollcall | null;
}

/** <rollcall-typing dm>: who else types in that conversation, in one line. */
export interface RollcallTypingElement extends HTMLElement {
  dm: string | null;
  readonly rollcall: Rollcall | null;
}

/**
 * <rollcall-here place max watch-only>: who else is at that place. The user is there, too, unless there is
 * `watch-only`.
 */
export interface RollcallHereElement extends HTMLElement {
  place: string | null;
  get max(): string | null;
  set max(people: string | number | null);
  get watchOnly(): string | null;
  set watchOnly(value: string | boolean | null);
  readonly rollcall: Rollcall | null;
}

declare global {
  interface HTMLElementTagNameMap {
    'rollcall-session': RollcallSessionElement;
    'rollcall-dot': RollcallDotElement;
    'rollcall-members': RollcallListElement;
    'rollcall-dms': RollcallListElement;
    'rollcall-status': RollcallStatusElement;
    'rollcall-me': RollcallMeElement;
    'rollcall-typing': RollcallTypingElement;
    'rollcall-here': RollcallHereElement;
  }
}
