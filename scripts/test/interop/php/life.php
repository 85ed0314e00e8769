<?php

// Usage: php life.php WSDL VARIANT
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant]);
$soap = $sessions->soap;

check($soap->status()->statusResult === '...... MEMCACHED SOAP OK ......', 'the service is well');

$new = $sessions->set(null, (object) ['uid' => 'dwho'], 600);
check(preg_match('/^[0-9a-f]{32}$/', $new->id) === 1, 'a new session has a new id');
check($new->expiresIn === 600, 'it lives as long as asked for');
check($sessions->set(null, (object) [])->id !== $new->id, 'another one has another id');

$touched = $soap->touchSession(['id' => $new->id, 'ttl' => 60])->touchSessionResult;
check($touched->expiresIn === 60, 'a touch gives it another time to live');
check($touched->version === $new->version, 'but leaves its content alone');
$got = $soap->getSession(['id' => $new->id])->getSessionResult;
check($got->id === $new->id && $got->version === $new->version, 'it can be had');
check($got->attributes instanceof EntryList === ($variant === 'classmap'), 'it is of the classes asked for');
check($got->expiresIn > 0 && $got->expiresIn <= 60, 'and tells the time it has left');

$changed = $sessions->set($new->id, (object) ['uid' => 'rtyler']);
check($changed->version !== $new->version, 'another content has another version');
check(difference($sessions->get($new->id), (object) ['uid' => 'rtyler']) === null, 'and it is the new one');

check($soap->deleteSession(['id' => $new->id])->deleteSessionResult === true, 'it can be deleted');
check($soap->deleteSession(['id' => $new->id])->deleteSessionResult === false, 'but once');
fault('SessionNotFoundFault', fn () => $sessions->get($new->id));
fault('SessionDeletedFault', fn () => $soap->touchSession(['id' => $new->id]));
