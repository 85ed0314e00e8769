<?php
// Sends a message with a text of SIZE bytes with SoapClient, and prints the fault.
// Usage: toolong.php ENDPOINT SIZE
declare(strict_types=1);

ini_set('memory_limit', '-1');
$client = new SoapClient(null, ['location' => $argv[1], 'uri' => 'urn:x', 'keep_alive' => false]);
try {
    $client->__soapCall('setSession', [str_repeat('x', (int) $argv[2])]);
    echo "no fault\n";
} catch (SoapFault $fault) {
    echo $fault->getMessage(), "\n";
}
