<?php
// SPDX-License-Identifier: ISC
// Calls the client for PHP as each line of standard input says, and answers each with a line; see clients.mjs.
require __DIR__ . '/../../clients/php/Rollcall.php';

use Rollcall\Rollcall;
use Rollcall\RollcallException;

set_error_handler(function ($severity, $message) {
    if (error_reporting() & $severity) {
        throw new \ErrorException($message);
    }
    return false;
});

function answerTo(array $line)
{
    static $client = null;
    if (isset($line['url'])) {
        $client = new Rollcall($line['url'], $line['options'] ?? []);
    }
    if (!isset($line['call'])) {
        return null;
    }
    $args = $line['args'] ?? [];
    if (isset($line['named'])) {
        $args[] = $line['named'];
    }
    $result = $client->{$line['call']}(...$args);
    return $result instanceof \Generator ? iterator_to_array($result, false) : $result;
}

function lineFor(string $line): array
{
    try {
        return ['result' => answerTo(json_decode($line, true))];
    } catch (RollcallException $error) {
        return ['error' => [
            'status' => $error->status,
            'code' => $error->errorCode,
            'message' => $error->getMessage(),
            'retryAfter' => $error->retryAfter,
            'line' => $error->importLine,
        ]];
    } catch (\Throwable $error) {
        return ['wrong' => $error instanceof \InvalidArgumentException, 'message' => $error->getMessage()];
    }
}

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(lineFor($line), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
    flush();
}
