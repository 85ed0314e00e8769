<?php

// Usage: php set.php WSDL VARIANT ID
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant, $id] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant] + ['trace' => true]);
$ref = $sessions->set($id, require __DIR__ . '/fixture.php', 3600);
check($ref->id === $id, 'the session has the requested id');
check($ref->expiresIn === 3600, 'the session has the requested TTL');

$sent = $sessions->soap->__getLastRequestHeaders();
check(str_contains($sent, 'application/soap+xml') === str_contains($variant, 'soap12'), 'only the variants of SOAP 1.2 use SOAP 1.2');
check(str_contains($sent, 'Content-Encoding: ') === str_contains($variant, 'compressed'), 'only the compressed variants send compressed requests');
