<?php

// Usage: php life.php WSDL VARIANT
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant]);
$soap = $sessions->soap;

check($soap->status()->statusResult === '...... MEMCACHED SOAP OK ......', 'status is OK');

$new = $sessions->set(null, (object) ['uid' => 'dwho'], 600);
check(preg_match('/^[0-9a-f]{32}$/', $new->id) === 1, 'a new session has a new id');
check($new->expiresIn === 600, 'the session has the requested TTL');
check($sessions->set(null, (object) [])->id !== $new->id, 'a second session has another id');

$touched = $soap->touchSession(['id' => $new->id, 'ttl' => 60])->touchSessionResult;
check($touched->expiresIn === 60, 'a touch changes the TTL');
check($touched->version === $new->version, 'a touch keeps the content');
$got = $soap->getSession(['id' => $new->id])->getSessionResult;
check($got->id === $new->id && $got->version === $new->version, 'getSession returns the session');
check($got->attributes instanceof EntryList === ($variant === 'classmap'), 'only the variant classmap returns objects of the classes');
check($got->expiresIn > 0 && $got->expiresIn <= 60, 'getSession returns the remaining time');

$changed = $sessions->set($new->id, (object) ['uid' => 'rtyler']);
check($changed->version !== $new->version, 'another content has another version');
check(difference($sessions->get($new->id), (object) ['uid' => 'rtyler']) === null, 'the new content is stored');

check($soap->deleteSession(['id' => $new->id])->deleteSessionResult === true, 'the session is deleted');
check($soap->deleteSession(['id' => $new->id])->deleteSessionResult === false, 'a second deletion reports no session');
fault('SessionNotFoundFault', fn () => $sessions->get($new->id));
fault('SessionDeletedFault', fn () => $soap->touchSession(['id' => $new->id]));
