<?php

// A page that works for a while with its session: ?handler=NAME&ms=N&key=K. Without key it
// stores the session, and with count it returns how many keys the session has.

declare(strict_types=1);

use MemcachedSoap\Session\Handler;

switch ($_GET['handler']) {
    case 'adapter':
        require $_SERVER['ADAPTER'] . '/autoload.php';
        session_set_save_handler(Handler::of(['url' => $_SERVER['SOAP_URL']]), true);
        break;
    case 'memcached':
        ini_set('session.save_handler', 'memcached');
        ini_set('session.save_path', $_SERVER['MEMCACHED']);
        ini_set('memcached.sess_lock_retries', '1000'); // by default a page gives up after 5
        break;
    case 'redis':
    case 'redis-locking':
        ini_set('session.save_handler', 'redis');
        ini_set('session.save_path', 'tcp://' . $_SERVER['REDIS']);
        ini_set('redis.session.locking_enabled', $_GET['handler'] === 'redis' ? '0' : '1');
        ini_set('redis.session.lock_retries', '-1');
        break;
}
session_name('sessionid');
if (!session_start()) {
    http_response_code(500);
    return;
}
usleep(1000 * (int) ($_GET['ms'] ?? 0));
if (isset($_GET['count'])) {
    $count = count($_SESSION);
} else {
    $_SESSION[$_GET['key'] ?? 'first'] = 1;
}
session_write_close();
echo 'answer ', $count ?? 0, "\n";
