<?php

// Prints the statistics of the service and its servers as JSON.
// Usage: php stats.php WSDL
declare(strict_types=1);

$soap = new SoapClient($argv[1], ['features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'cache_wsdl' => WSDL_CACHE_NONE]);
$report = $soap->stats()->statsResult;

$statistics = fn (object $list): object => (object) array_column($list->stat ?? [], 'value', 'name');
$servers = [];
foreach ($report->servers->server as $server) {
    $servers[] = ['address' => $server->address, 'tier' => $server->tier, 'alive' => $server->alive, 'stats' => $statistics($server->stats)];
}
echo json_encode(['service' => $statistics($report->service), 'servers' => $servers], JSON_THROW_ON_ERROR), "\n";
