<?php

// Usage: php get.php WSDL VARIANT ID...
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant] + ['trace' => true]);
$want = require __DIR__ . '/fixture.php';
foreach (array_slice($argv, 3) as $id) {
    $difference = difference($sessions->get($id), $want);
    check($difference === null, "$id is the same at $difference");
}

$received = $sessions->soap->__getLastResponseHeaders();
check(str_contains($received, 'application/soap+xml') === str_contains($variant, 'soap12'), 'only the variants of SOAP 1.2 use SOAP 1.2');
check(str_contains($received, 'Content-Encoding: gzip') === str_contains($variant, 'compressed'), 'only the compressed variants get compressed answers');
