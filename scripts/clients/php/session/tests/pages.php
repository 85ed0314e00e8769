<?php

// Answers POST requests: runs the steps of the body, a JSON list, with the options in
// X-Options, and answers with what the session then is.

declare(strict_types=1);

use MemcachedSoap\Session\Session;

require __DIR__ . '/../autoload.php';

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    return;
}
$log = [];
$note = static function (string $message) use (&$log): void {
    $log[] = $message;
    error_log($message);
};
$request = json_decode((string) file_get_contents('php://input'), true);
$options = $request['options'] + ['url' => getenv('SOAP_URL'), 'timeout' => 30, 'log' => $note];
$results = [];
foreach ($request['steps'] as $step) {
    [$do, $key, $value] = $step + [1 => null, 2 => null];
    $results[] = match ($do) {
        'start' => Session::start($options, (bool) $key),
        'set' => $_SESSION[$key] = $value,
        'add' => $_SESSION[$key] = ($_SESSION[$key] ?? 0) + $value,
        'object' => $_SESSION[$key] = new $value(),
        'closure' => $_SESSION[$key] = static fn () => 1,
        'resource' => $_SESSION[$key] = STDERR ?? fopen('php://memory', 'r'),
        'unset' => (static function () use ($key): void { unset($_SESSION[$key]); })(),
        'clear' => session_unset(),
        'regenerate' => session_regenerate_id($key),
        'destroy' => session_destroy(),
        'reset' => session_reset(),
        'abort' => session_abort(),
        'close' => session_write_close(),
        'create id' => session_create_id((string) $key),
        'gc' => session_gc(),
        'sleep' => usleep(1000 * $key),
        'login' => Session::login($key),
        'logout' => Session::logout(),
        'everywhere' => Session::logoutEverywhere($key),
        'id' => session_id(),
        'class' => is_object($_SESSION[$key] ?? null) ? $_SESSION[$key]::class : gettype($_SESSION[$key] ?? null),
        'big' => $_SESSION[$key] = random_bytes($value),
    };
}
// A page that does not close its session lets PHP store it at the end.
if (session_status() === PHP_SESSION_ACTIVE && !($request['open'] ?? false)) {
    $results['session'] = $_SESSION;
    session_write_close();
}
header('Content-Type: application/json');
echo ($request['open'] ?? false) ? str_repeat(' ', 8192) : ''; // more than PHP itself holds back
echo json_encode([
    'session' => $results['session'] ?? $_SESSION ?? null, 'results' => $results, 'log' => $log,
], JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
