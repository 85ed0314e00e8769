<?php

// Usage: php set.php WSDL VARIANT ID
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant, $id] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant] + ['trace' => true]);
$ref = $sessions->set($id, require __DIR__ . '/fixture.php', 3600);
check($ref->id === $id, 'the id is the one asked for');
check($ref->expiresIn === 3600, 'it lives as long as asked for');

$sent = $sessions->soap->__getLastRequestHeaders();
check(str_contains($sent, 'application/soap+xml') === str_contains($variant, 'soap12'), 'SOAP 1.2 is spoken where it should be');
check(str_contains($sent, 'Content-Encoding: ') === str_contains($variant, 'compressed'), 'requests are compressed where they should be');
