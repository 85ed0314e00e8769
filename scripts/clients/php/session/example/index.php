<?php

// The example application of plain PHP.

declare(strict_types=1);

use MemcachedSoap\Session\Session;
use function MemcachedSoap\Example\{json, login, options, value};

require __DIR__ . '/../autoload.php';
require __DIR__ . '/app.php';

header('Content-Type: application/json; charset=UTF-8');
$path = strtok($_SERVER['REQUEST_URI'], '?');
if ($path === '/plain') {
    echo "{}\n";
    return;
}

Session::start(options('php')); // this line makes the session a shared one

$key = $_GET['key'] ?? '';
$body = file_get_contents('php://input');
$answer = [];
switch ($_SERVER['REQUEST_METHOD'] . ' ' . $path) {
    case 'GET /whoami':
        $user = Session::user();
        $answer = ['uid' => $user?->uid, 'groups' => $user?->groups ?? []];
        break;
    case 'POST /login':
        Session::login(login($_GET['uid']));
        $answer = ['uid' => $_GET['uid']];
        break;
    case 'POST /logout':
        Session::logout();
        break;
    case 'POST /logout-everywhere':
        $answer = ['sessions' => Session::logoutEverywhere($_GET['uid'])];
        break;
    case 'GET /get':
        $answer = ['present' => array_key_exists($key, $_SESSION), 'value' => $_SESSION[$key] ?? null];
        break;
    case 'POST /set':
        $_SESSION[$key] = value($body);
        break;
    case 'POST /remove':
        unset($_SESSION[$key]);
        break;
    case 'POST /slow':
        usleep(1000 * (int) $_GET['ms']);
        $_SESSION[$key] = value($body);
        break;
    case 'POST /many':
        foreach (value($body) as $name => $value) {
            $_SESSION[$name] = $value;
        }
        break;
    default:
        http_response_code(404);
}
echo $answer === [] ? '{}' : json($answer), "\n";
