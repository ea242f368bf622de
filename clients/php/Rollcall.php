<?php
// SPDX-License-Identifier: ISC
/**
 * Rollcall for applications in PHP 7.4 and later: sign users in, manage workspaces and members, verify webhooks.
 *
 *     require 'Rollcall.php';
 *
 *     $rollcall = new Rollcall\Rollcall('https://www.example.org/presence', [
 *         'token' => getenv('ROLLCALL_TOKEN'), // an administrator's
 *         'key' => file_get_contents('/etc/rollcall/jwt.key'), // for sign()
 *     ]);
 *     $rollcall->putMember('acme', 'ann', ['name' => 'Ann Ames']);
 *     $jwt = $rollcall->sign('ann', ['acme'], 3600); // hand it to the page of Ann
 *
 * A call returns the answer as it is in docs/openapi.yaml, objects as arrays. A list is a Generator over all pages.
 * Everything that goes wrong is a RollcallException: status (of the answer, 0 without one), errorCode, getMessage()
 * and retryAfter in seconds if the same call may succeed later. Nothing is sent twice by itself. Wrong arguments are an
 * InvalidArgumentException. Needs the function stream_socket_client(), and for https the extension openssl.
 */

declare(strict_types=1);

namespace Rollcall;

/* What one import may hold. */
const IMPORT_BYTES = 1000000;
const IMPORT_LINES = 20000;

/* How many users one request may name. */
const USERS_AT_ONCE = 500;

/* How far the clock of a webhook's sender may be from ours, in seconds: Standard Webhooks 1.0. */
const WEBHOOK_TOLERANCE = 300;

final class RollcallException extends \RuntimeException
{
    public int $status;
    public string $errorCode;
    public ?int $retryAfter;
    /** Of an import: which member is wrong, counted from 1. */
    public ?int $importLine;

    public function __construct(
        string $message,
        string $code,
        int $status = 0,
        ?int $retryAfter = null,
        ?int $line = null
    ) {
        parent::__construct($message, $status);
        $this->errorCode = $code;
        $this->status = $status;
        $this->retryAfter = $retryAfter;
        $this->importLine = $line;
    }
}

/**
 * A request and its answer, on a connection of their own, which all end by one time; only the look-up of the host's name
 * may take longer. The streams of PHP's own HTTP have only a time for each read, which begins again with each byte that
 * a slow peer sends.
 *
 * @internal
 */
final class Exchange
{
    private const HEAD_BYTES = 65536;
    private const PIECE_BYTES = 8192;

    /** @var resource */
    private $stream;
    private float $seconds;
    private float $end;
    private string $read = ''; // and not taken yet

    /** Connects to where $url is. */
    public function __construct(string $url, float $seconds)
    {
        $this->seconds = $seconds;
        $this->end = self::now() + $seconds;
        $parts = parse_url($url);
        $isSecure = $parts['scheme'] === 'https';
        $address = "tcp://{$parts['host']}:" . ($parts['port'] ?? ($isSecure ? 443 : 80));
        $context = stream_context_create(['ssl' => ['peer_name' => rtrim(trim($parts['host'], '[]'), '.')]]);
        $stream = @stream_socket_client($address, $code, $reason, $seconds, STREAM_CLIENT_CONNECT, $context);
        if ($stream === false) {
            throw $this->failure($reason);
        }
        $this->stream = $stream;
        if ($isSecure) {
            $this->encrypt();
        }
    }

    public function close(): void
    {
        fclose($this->stream);
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    /* What is left of the time: seconds and microseconds. */
    private function left(): array
    {
        $left = $this->end - self::now();
        if ($left <= 0) {
            throw $this->failure();
        }
        return [(int) $left, (int) (fmod($left, 1) * 1e6)];
    }

    private function failure(string $reason = ''): RollcallException
    {
        return self::now() >= $this->end || $this->isLate()
            ? new RollcallException("No answer in {$this->seconds} s", 'timeout')
            : new RollcallException("Rollcall cannot be reached: $reason", 'unreachable');
    }

    private function encrypt(): void
    {
        error_clear_last();
        stream_set_blocking($this->stream, false); // PHP would count the time from here
        while (($is = @stream_socket_enable_crypto($this->stream, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)) === 0) {
            [$read, $write, $except] = [[$this->stream], null, null];
            if (@stream_select($read, $write, $except, ...$this->left()) === false) { // a signal, for instance
                usleep(10000);
            }
        }
        if ($is !== true) {
            $reason = error_get_last()['message'] ?? 'no encryption. Check the certificate, and the extension openssl';
            throw $this->failure(preg_replace('/^\w+\(.*?\): /', '', strtr($reason, "\n", ' ')));
        }
        stream_set_blocking($this->stream, true);
    }

    /* The next that is read or written has to come to its end in time. */
    private function hurry(): void
    {
        stream_set_timeout($this->stream, ...$this->left());
    }

    private function isLate(): bool
    {
        return $this->stream && stream_get_meta_data($this->stream)['timed_out'];
    }

    /** Sends $bytes. A peer that takes no more may have answered already. */
    public function write(string $bytes): void
    {
        $isTaken = true;
        for ($at = 0; $isTaken && $at < strlen($bytes); $at += self::PIECE_BYTES) {
            $piece = substr($bytes, $at, self::PIECE_BYTES);
            $this->hurry();
            $isTaken = @fwrite($this->stream, $piece) === strlen($piece);
        }
        if ($this->isLate()) {
            throw $this->failure();
        }
    }

    /* Reads what comes next; false at the end. */
    private function readMore(): bool
    {
        $this->hurry();
        $part = (string) @fread($this->stream, self::PIECE_BYTES);
        if ($this->isLate()) {
            throw $this->failure();
        }
        $this->read .= $part;
        return $part !== '' || !feof($this->stream);
    }

    /* Takes what was read up to $end, a pattern, which is taken, too. */
    private function takeTo(string $end): string
    {
        while (preg_match($end, $this->read, $match, PREG_OFFSET_CAPTURE) !== 1) {
            if (strlen($this->read) > self::HEAD_BYTES || !$this->readMore()) {
                throw $this->failure($this->read === '' ? 'it closed the connection' : 'the answer is not HTTP');
            }
        }
        [$found, $at] = $match[0];
        $taken = substr($this->read, 0, $at);
        $this->read = substr($this->read, $at + strlen($found));
        return $taken;
    }

    /* Takes $count bytes. */
    private function take(int $count): string
    {
        while (strlen($this->read) < $count) {
            if (!$this->readMore()) {
                throw $this->failure('the answer is cut off');
            }
        }
        $taken = substr($this->read, 0, $count);
        $this->read = substr($this->read, $count);
        return $taken;
    }

    /** The status of the answer, and its headers by name in lower case. */
    public function head(): array
    {
        do {
            $lines = preg_split('/\r?\n/', $this->takeTo('/\r?\n\r?\n/'));
            if (preg_match('~^HTTP/\S+ (\d{3})~', $lines[0], $match) !== 1) {
                throw $this->failure('the answer is not HTTP');
            }
        } while ($match[1] < 200);
        $head = ['status' => (int) $match[1]];
        foreach ($lines as $line) {
            if (preg_match('/^([^\s:]+):(.*)$/D', $line, $match) === 1) {
                $head[strtolower($match[1])] = trim($match[2]);
            }
        }
        return $head;
    }

    /** The body of the answer that begins with $head. */
    public function body(array $head): string
    {
        if ($head['status'] === 204) {
            return '';
        }
        if (strtolower($head['transfer-encoding'] ?? '') === 'chunked') {
            return $this->chunks();
        }
        if (preg_match('/^\d{1,12}$/D', $head['content-length'] ?? '') === 1) {
            return $this->take((int) $head['content-length']);
        }
        while ($this->readMore()) {
            continue;
        }
        return $this->read;
    }

    private function chunks(): string
    {
        $text = '';
        do {
            $line = $this->takeTo('/\r?\n/');
            if (preg_match('/^[0-9a-f]{1,8}(?![0-9a-f])/i', $line, $match) !== 1) {
                throw $this->failure('the answer is not HTTP');
            }
            $size = (int) hexdec($match[0]);
            $text .= $this->take($size);
            if ($size > 0) {
                $this->takeTo('/\r?\n/');
            }
        } while ($size > 0);
        return $text;
    }
}

final class Rollcall
{
    private string $url;
    private ?string $token;
    private string $key;
    private string $algorithm;
    /** @var string[] */
    private array $secrets;
    private float $timeout;

    /**
     * $url is where Rollcall is mounted. $options: token, an administrator's, for calls; key and algorithm (HS256,
     * HS384, HS512), for sign(); secrets, one or several of webhooks, for verify(); timeout, in seconds for a whole
     * call (10).
     */
    public function __construct(string $url, array $options = [])
    {
        $isUrl = preg_match('~^https?://[^/]~', $url) === 1 && is_string(parse_url($url, PHP_URL_HOST));
        self::need($isUrl, 'The URL must begin with http:// or https://');
        $this->url = rtrim($url, '/');
        $this->token = $options['token'] ?? null;
        self::need($this->token === null || preg_match('~^[\w.\~+/=-]+$~D', $this->token) === 1, 'This is not a token');
        $this->key = preg_replace('/\n$/D', '', $options['key'] ?? '');
        $this->algorithm = $options['algorithm'] ?? 'HS256';
        $known = in_array($this->algorithm, ['HS256', 'HS384', 'HS512'], true);
        self::need($known, 'The algorithm must be HS256, HS384 or HS512');
        $this->secrets = array_map([self::class, 'secretBytes'], (array) ($options['secrets'] ?? []));
        $this->timeout = (float) ($options['timeout'] ?? 10);
    }

    // ---- without a request ----

    /** A JWT with which the page of $user uses Rollcall for $ttl seconds. jwt.provision admits them to $workspaces. */
    public function sign(string $user, array $workspaces = [], int $ttl = 3600, array $claims = []): string
    {
        self::need(strlen($this->key) >= 32, 'sign() needs the key of Rollcall, with at least 32 bytes');
        self::need($user !== '', 'The user must be a text');
        self::need($ttl >= 1, 'The ttl must be a whole number of seconds');
        $iat = time();
        $own = ['sub' => $user, 'rollcall_workspaces' => array_values($workspaces), 'iat' => $iat];
        $head = self::json(['alg' => $this->algorithm, 'typ' => 'JWT']);
        $text = self::base64url($head) . '.' . self::base64url(self::json($own + ['exp' => $iat + $ttl] + $claims));
        $mac = hash_hmac(str_replace('HS', 'sha', $this->algorithm), $text, $this->key, true);
        return $text . '.' . self::base64url($mac);
    }

    private static function base64url(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /**
     * The event in $body, the bytes of a request as they arrived (file_get_contents('php://input')), if $headers
     * (getallheaders() or $_SERVER) prove that a webhook of Rollcall has sent them within the last 5 minutes; otherwise
     * throws. An event that is delivered again has the same webhook-id.
     */
    public function verify(array $headers, string $body): array
    {
        self::need($this->secrets !== [], 'verify() needs the secret of the webhook');
        [$id, $time, $signatures] = self::webhookHeaders($headers);
        if (preg_match('/^\d{1,12}$/D', $time) !== 1) {
            throw new RollcallException('The webhook-timestamp is not a number of seconds', 'bad_timestamp');
        }
        if (abs(microtime(true) - (int) $time) > WEBHOOK_TOLERANCE) {
            $message = 'The webhook-timestamp is more than 5 minutes away. Check the clocks';
            throw new RollcallException($message, 'bad_timestamp');
        }
        if (!$this->isSigned("$id.$time.$body", $signatures)) {
            $message = 'The webhook-signature does not fit. Check the secret, and that the body is as it arrived';
            throw new RollcallException($message, 'bad_signature');
        }
        $event = json_decode($body, true);
        if (!is_array($event)) {
            throw new RollcallException('The body is not JSON', 'bad_body');
        }
        return $event;
    }

    /* Names are as in HTTP or as in CGI. */
    private static function webhookHeaders(array $headers): array
    {
        $named = [];
        foreach ($headers as $name => $value) {
            $named[strtr(preg_replace('/^http_/', '', strtolower((string) $name)), '_', '-')] = $value;
        }
        $value = static fn(string $name): string => (string) ($named["webhook-$name"] ?? '');
        $wanted = array_map($value, ['id', 'timestamp', 'signature']);
        if (in_array('', $wanted, true)) {
            $message = 'A header is missing: webhook-id, webhook-timestamp or webhook-signature';
            throw new RollcallException($message, 'missing_header');
        }
        return $wanted;
    }

    private function isSigned(string $text, string $signatures): bool
    {
        foreach ($this->secrets as $secret) {
            $mac = 'v1,' . base64_encode(hash_hmac('sha256', $text, $secret, true));
            foreach (explode(' ', $signatures) as $one) {
                if (hash_equals($mac, $one)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static function secretBytes(string $secret): string
    {
        $text = preg_replace('/^whsec_/', '', $secret);
        $isBase64 = preg_match('~^[A-Za-z0-9+/]+={0,2}$~D', $text) === 1;
        self::need($isBase64, 'A webhook\'s secret is "whsec_" and base64');
        return base64_decode($text);
    }

    // ---- any request ----

    /**
     * Sends $method to $path below /v1, with $body, an array, as a JSON object, or a text as it is: any request that
     * has no method here. It may take $wait seconds longer than others.
     *
     * @param array|string|null $body
     */
    public function request(string $method, string $path, $body = null, float $wait = 0): ?array
    {
        [$status, $retryAfter, $text] = $this->send($method, $path, $body, $this->timeout + $wait);
        if ($status === 202 || $status === 204) {
            return null;
        }
        $answer = json_decode($text, true);
        if ($status < 200 || $status > 299 || !is_array($answer)) {
            throw self::error($status, $retryAfter, $answer);
        }
        return $answer;
    }

    /* Status, Retry-After and body of the answer. */
    private function send(string $method, string $path, $body, float $seconds): array
    {
        self::need(preg_match('/^[A-Z]+$/D', $method) === 1, 'A method is in capital letters');
        $content = is_array($body) ? self::json((object) $body) : (string) $body;
        $exchange = new Exchange($this->url, $seconds);
        try {
            $exchange->write($this->requestHead($method, $path, $body, strlen($content)) . $content);
            $head = $exchange->head();
            return [$head['status'], $head['retry-after'] ?? null, $exchange->body($head)];
        } finally {
            $exchange->close();
        }
    }

    private function requestHead(string $method, string $path, $body, int $length): string
    {
        $url = parse_url($this->url);
        $escape = static fn(array $match): string => rawurlencode($match[0]);
        $target = preg_replace_callback('/[^!-~]/', $escape, ($url['path'] ?? '') . "/v1$path");
        $lines = ["$method $target HTTP/1.1", "Host: {$url['host']}" . (isset($url['port']) ? ":{$url['port']}" : '')];
        $lines = array_merge($lines, ['Accept: application/json', 'Connection: close']);
        if ($this->token !== null) {
            $lines[] = "Authorization: Bearer {$this->token}";
        }
        if ($body !== null) {
            $lines[] = 'Content-Type: ' . (is_array($body) ? 'application/json' : 'application/x-ndjson');
        }
        if ($body !== null || $method !== 'GET') {
            $lines[] = "Content-Length: $length";
        }
        return implode("\r\n", $lines) . "\r\n\r\n";
    }

    /* The error that an answer is. Web servers in front of Rollcall have pages of their own. */
    private static function error(int $status, ?string $retryAfter, $problem): RollcallException
    {
        $seconds = preg_match('/^\d{1,9}$/D', $retryAfter ?? '') === 1 ? (int) $retryAfter : null;
        if (is_array($problem) && is_string($problem['code'] ?? null)) {
            $line = $problem['line'] ?? null;
            return new RollcallException($problem['detail'] ?? '', $problem['code'], $status, $seconds, $line);
        }
        $message = "The web server answered $status, not Rollcall. Check the URL, and whether rollcalld is running.";
        return new RollcallException($message, 'bad_answer', $status, $seconds);
    }

    private function all(string $path, string $name): \Generator
    {
        $after = null;
        do {
            $page = $this->request('GET', $path . self::query(['limit' => 1000, 'after' => $after]));
            foreach ($page[$name] as $one) {
                yield $one;
            }
            $after = $page['next'] ?? null;
        } while ($after !== null);
    }

    // ---- small helpers ----

    private static function need(bool $holds, string $message): void
    {
        if (!$holds) {
            throw new \InvalidArgumentException($message);
        }
    }

    private static function json($value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }

    /* One segment of a path. What would mean another path is refused. */
    private static function segment($text): string
    {
        self::need(!in_array((string) $text, ['', '.', '..'], true), "\"$text\" cannot be part of a path");
        return rawurlencode((string) $text);
    }

    private static function query(array $parameters): string
    {
        $pairs = [];
        foreach ($parameters as $name => $values) {
            foreach ((array) $values as $value) {
                $pairs[] = "$name=" . rawurlencode((string) $value);
            }
        }
        return $pairs === [] ? '' : '?' . implode('&', $pairs);
    }

    private static function workspacePath(string $id, string $what = ''): string
    {
        return '/admin/workspaces/' . self::segment($id) . $what;
    }

    /* The user is in the query, which takes any id: web servers resolve dots in a path. */
    private static function userPath(string $workspace, string $what, string $user, array $more = []): string
    {
        self::need($user !== '', 'The user must be a text');
        return self::workspacePath($workspace, $what) . self::query(['user' => $user] + $more);
    }

    private static function memberPath(string $workspace, string $user, string $what = '', array $more = []): string
    {
        return self::userPath($workspace, "/member$what", $user, $more);
    }

    // ---- workspaces ----

    public function workspaces(): \Generator
    {
        return $this->all('/admin/workspaces', 'workspaces');
    }

    public function workspace(string $id): array
    {
        return $this->request('GET', self::workspacePath($id));
    }

    /** $fields: name, invisible, messages, last_seen. What is left out stays. */
    public function putWorkspace(string $id, array $fields = []): array
    {
        return $this->request('PUT', self::workspacePath($id), $fields);
    }

    public function deleteWorkspace(string $id): void
    {
        $this->request('DELETE', self::workspacePath($id));
    }

    // ---- members ----

    public function members(string $workspace): \Generator
    {
        return $this->all(self::workspacePath($workspace, '/members'), 'members');
    }

    public function member(string $workspace, string $user): array
    {
        return $this->request('GET', self::memberPath($workspace, $user));
    }

    /** $fields: name, role. */
    public function putMember(string $workspace, string $user, array $fields = []): array
    {
        return $this->request('PUT', self::memberPath($workspace, $user), $fields);
    }

    public function removeMember(string $workspace, string $user): void
    {
        $this->request('DELETE', self::memberPath($workspace, $user));
    }

    /** Adds or changes $members, any iterable of [user, name, role], in portions. Returns [added, changed, total]. */
    public function importMembers(string $workspace, iterable $members): array
    {
        $sum = ['added' => 0, 'changed' => 0, 'total' => 0];
        foreach (self::portions($members) as $lines) {
            try {
                $got = $this->request('POST', self::workspacePath($workspace, '/members'), $lines);
            } catch (RollcallException $error) {
                throw self::importError($error, $sum['total']);
            }
            foreach ($sum as $name => $number) {
                $sum[$name] = $number + $got[$name];
            }
        }
        return $sum;
    }

    /* The text of many members as lines, in portions that the server takes. */
    private static function portions(iterable $members): \Generator
    {
        $lines = '';
        $count = 0;
        foreach ($members as $member) {
            $line = self::json((object) $member) . "\n";
            if ($count > 0 && (strlen($lines) + strlen($line) > IMPORT_BYTES || $count === IMPORT_LINES)) {
                yield $lines;
                $lines = '';
                $count = 0;
            }
            $lines .= $line;
            $count++;
        }
        if ($count > 0) {
            yield $lines;
        }
    }

    /* An error of a portion that $before members came before, as one of the whole import. */
    private static function importError(RollcallException $error, int $before): RollcallException
    {
        if ($error->importLine === null || $before === 0) {
            return $error;
        }
        $line = $before + $error->importLine;
        $message = preg_replace('/^Line \d+/', "Line $line", $error->getMessage());
        $message = str_replace('Nothing was imported.', "Only the first $before members were imported.", $message);
        return new RollcallException($message, $error->errorCode, $error->status, $error->retryAfter, $line);
    }

    // ---- who is here, as members see it ----

    /** The status of each of $users who is a member; without $users, of all who are here or say something. */
    public function statuses(string $workspace, ?iterable $users = null): \Generator
    {
        if ($users === null) {
            yield from $this->all(self::workspacePath($workspace, '/status'), 'users');
            return;
        }
        $all = is_array($users) ? $users : iterator_to_array($users, false);
        foreach (array_chunk($all, USERS_AT_ONCE) as $some) {
            yield from $this->request('POST', self::workspacePath($workspace, '/status'), ['users' => $some])['users'];
        }
    }

    /** members, active, away, offline, dnd: how many. */
    public function counts(string $workspace): array
    {
        return $this->request('GET', self::workspacePath($workspace, '/counts'));
    }

    /** The status of $user in each of their workspaces, and the most active of these. */
    public function userPresence(string $user): array
    {
        self::need($user !== '', 'The user must be a text');
        $workspaces = [];
        $after = null;
        do {
            $page = $this->request('GET', '/admin/user/presence' . self::query(['user' => $user, 'after' => $after]));
            $workspaces = array_merge($workspaces, $page['workspaces']);
            $after = $page['next'] ?? null;
        } while ($after !== null);
        unset($page['next']);
        $found = array_intersect(['active', 'away'], array_column($workspaces, 'status'));
        return ['status' => reset($found) ?: 'offline', 'workspaces' => $workspaces] + $page;
    }

    /**
     * What has changed since the cursor in $fields['since'], as soon as something has, or nothing after $fields['wait']
     * seconds (20). Without a cursor everyone who is here. Goes on with the answer's cursor. More: users, counts,
     * places, limit.
     */
    public function stream(string $workspace, array $fields = []): array
    {
        $body = $fields + ['wait' => 20];
        return $this->request('POST', self::workspacePath($workspace, '/stream'), $body, $body['wait']);
    }

    /**
     * Whether to send each of $users a push now: a list of [user, push, because, until], without those who are not
     * members. With ['dm' => $id], a conversation, nobody who looks at it gets one. This tells the truth about
     * invisible users: show it to nobody.
     */
    public function notify(string $workspace, array $users, array $options = []): array
    {
        $verdicts = [];
        foreach (array_chunk($users, USERS_AT_ONCE) as $some) {
            $body = ['users' => $some, 'dm' => $options['dm'] ?? null];
            $answer = $this->request('POST', self::workspacePath($workspace, '/notify'), $body);
            array_push($verdicts, ...$answer['users']);
        }
        return $verdicts;
    }

    // ---- webhooks ----

    private static function webhookPath(string $id, string $what = ''): string
    {
        return '/admin/webhooks/' . self::segment($id) . $what;
    }

    /* Webhooks as $path lists them, each with its workspaces of all pages. */
    private function progress(string $path): array
    {
        $known = [];
        $after = null;
        do {
            $page = $this->request('GET', $path . self::query(['limit' => 1000, 'after' => $after]));
            $after = $page['next'] ?? null;
            foreach ($page['webhooks'] ?? [$page] as $hook) {
                unset($hook['next']);
                $before = $known[$hook['id']]['workspaces'] ?? [];
                $known[$hook['id']] = ['workspaces' => array_merge($before, $hook['workspaces'])] + $hook;
            }
        } while ($after !== null);
        return array_values($known);
    }

    /** Each webhook, with how far it has come in each of its workspaces. */
    public function webhooks(): array
    {
        return $this->progress('/admin/webhooks');
    }

    public function webhook(string $id): array
    {
        return $this->progress(self::webhookPath($id))[0];
    }

    /**
     * $fields: url, workspace, events, delay, reveal, active. What is left out gets its default. A new one shows its
     * secret, once.
     */
    public function putWebhook(string $id, array $fields): array
    {
        return $this->request('PUT', self::webhookPath($id), $fields);
    }

    public function deleteWebhook(string $id): void
    {
        $this->request('DELETE', self::webhookPath($id));
    }

    /** Gives a webhook another secret. For 24 hours both sign: verify() takes either if it has both. */
    public function rotateWebhookSecret(string $id): array
    {
        return $this->request('POST', self::webhookPath($id, '/secret'), []);
    }

    public function testWebhook(string $id): void
    {
        $this->request('POST', self::webhookPath($id, '/test'), []);
    }

    /** Sends $workspace to a webhook again, from the cursor ['since' => $cursor], or without it everybody. */
    public function replayWebhook(string $id, string $workspace, array $options = []): void
    {
        $body = ['workspace' => $workspace, 'since' => $options['since'] ?? null];
        $this->request('POST', self::webhookPath($id, '/replay'), $body);
    }

    // ---- what is said of a member ----

    /** The truth about a member, invisible or not, and what is said of them. Each look is written to the log. */
    public function memberStatus(string $workspace, string $user): array
    {
        return $this->request('GET', self::memberPath($workspace, $user, '/status'));
    }

    /** $fields: show, dnd, text, emoji, and for (seconds) or until (ms since 1970). */
    public function setStatus(string $workspace, string $user, array $fields): array
    {
        return $this->request('PUT', self::memberPath($workspace, $user, '/status'), $fields);
    }

    /** Ends what was said for a time, or else what was said without an end; with ['all' => true] both. */
    public function clearStatus(string $workspace, string $user, array $options = []): void
    {
        $all = empty($options['all']) ? [] : ['all' => 'true'];
        $this->request('DELETE', self::memberPath($workspace, $user, '/status', $all));
    }

    /** Says what a program knows of a user: ['dnd' => true, 'text' => 'In a meeting', 'for' => 60]. Again renews it. */
    public function putClaim(string $workspace, string $user, string $claim, array $fields): array
    {
        return $this->request('PUT', self::memberPath($workspace, $user, '/claims/' . self::segment($claim)), $fields);
    }

    public function endClaim(string $workspace, string $user, string $claim): void
    {
        $this->request('DELETE', self::memberPath($workspace, $user, '/claims/' . self::segment($claim)));
    }

    /** Why the user is shown as they are. */
    public function explain(string $workspace, string $user): array
    {
        return $this->request('GET', self::userPath($workspace, '/explain', $user));
    }

    public function sessions(string $workspace, string $user): array
    {
        return $this->request('GET', self::userPath($workspace, '/sessions', $user))['sessions'];
    }

    public function endSessions(string $workspace, string $user): void
    {
        $this->request('DELETE', self::userPath($workspace, '/sessions', $user));
    }

    /** Who is where: at which ticket, typing in which conversation. Each look is written to the log. */
    public function places(string $workspace): \Generator
    {
        return $this->all(self::workspacePath($workspace, '/places'), 'places');
    }

    // ---- conversations ----

    public function dms(string $workspace): \Generator
    {
        return $this->all(self::workspacePath($workspace, '/dms'), 'dms');
    }

    /** Creates the group conversation $id, or sets who takes part. $fields: name. */
    public function putDm(string $workspace, int $id, array $participants, array $fields = []): array
    {
        $body = ['participants' => array_values($participants)] + $fields;
        return $this->request('PUT', self::workspacePath($workspace, "/dms/$id"), $body);
    }

    public function deleteDm(string $workspace, int $id): void
    {
        $this->request('DELETE', self::workspacePath($workspace, "/dms/$id"));
    }

    // ---- tokens ----

    public function tokens(): \Generator
    {
        return $this->all('/admin/tokens', 'tokens');
    }

    /** $fields: user, admin or scope with workspace, label, expires_in (seconds). Only this answer has the token. */
    public function createToken(array $fields): array
    {
        return $this->request('POST', '/admin/tokens', $fields);
    }

    public function revokeToken(int $id): void
    {
        $this->request('DELETE', "/admin/tokens/$id");
    }
}
