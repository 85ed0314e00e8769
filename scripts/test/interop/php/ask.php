<?php

// Makes the calls that standard input lists, one a line, with one SoapClient, as a
// program that runs for days does. Answers each with a line: ok, the name of the fault,
// or which servers stats calls alive; then the duration in seconds.
// Usage: php ask.php WSDL
declare(strict_types=1);
require __DIR__ . '/sessions.php';

$sessions = new Sessions($argv[1], ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$soap = $sessions->soap;
while (($line = fgets(STDIN)) !== false) {
    [$operation, $id] = explode(' ', trim($line)) + [1 => ''];
    $started = hrtime(true);
    $answer = 'ok';
    try {
        match ($operation) {
            'get' => $sessions->get($id),
            'set' => $sessions->set($id, (object) ['uid' => 'dwho']),
            'touch' => $soap->touchSession(['id' => $id]),
            'delete' => $soap->deleteSession(['id' => $id]),
            'status' => $soap->status(),
            'stats' => $answer = json_encode(array_column($soap->stats()->statsResult->servers->server, 'alive')),
        };
    } catch (SoapFault $fault) {
        $answer = array_key_first((array) ($fault->detail ?? [])) ?? $fault->getMessage();
    }
    printf("%s\t%.3f\n", $answer, (hrtime(true) - $started) / 1e9);
}
